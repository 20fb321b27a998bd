//! The report of a run.

use crate::case::{Case, Outcome};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::fmt;

/// The results of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// The provider's name.
    pub provider: String,
    /// The provider's version.
    pub version: String,
    /// All cases, in execution order.
    pub cases: Vec<Case>,
}

impl Report {
    /// The cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| case.outcome != Outcome::Passed)
    }

    /// Returns the results as JUnit XML, for continuous-integration servers.
    ///
    /// # Errors
    /// The XML cannot be written.
    pub fn junit(&self) -> Result<String, quick_junit::SerializeError> {
        let mut suite = TestSuite::new(format!("{} {}", self.provider, self.version));
        for case in &self.cases {
            let status = match &case.outcome {
                Outcome::Passed => TestCaseStatus::success(),
                Outcome::Failed(why) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(why);
                    status
                }
            };
            let mut test = TestCase::new(&case.name, status);
            test.set_time(case.took);
            suite.add_test_case(test);
        }
        let mut report = quick_junit::Report::new("handover-conformance");
        report.add_test_suite(suite);
        report.to_string()
    }
}

/// One line for each case, followed by the totals.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            match &case.outcome {
                Outcome::Passed => writeln!(f, "passed  {}", case.name)?,
                Outcome::Failed(why) => writeln!(f, "failed  {}: {}", case.name, why.replace('\n', " "))?,
            }
        }
        let failed = self.failed().count();
        write!(f, "{} {}: {} passed, {failed} failed", self.provider, self.version, self.cases.len() - failed)
    }
}
