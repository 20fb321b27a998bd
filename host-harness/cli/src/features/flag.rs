//! Feature flags from environment variables. A feature that is not switched on is off.

use std::collections::BTreeSet;
use std::env::VarError;

/// A feature that an operator enables for no, some or all organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    switch: Option<Switch>,
    list: Option<List>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Switch {
    variable: String,
    on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct List {
    variable: String,
    organizations: Organizations,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Organizations {
    All,
    These(BTreeSet<String>),
}

/// The value of a variable is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variable {variable} is malformed: expected {expected}")]
pub(crate) struct InvalidVariable {
    /// The name of the variable.
    pub(crate) variable: String,
    /// The expected value.
    pub(crate) expected: &'static str,
}

/// Why an organization may not use a feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The feature is off for all organizations.
    #[error("the feature is switched off; set {variable} to `true` to switch it on")]
    SwitchedOff {
        /// The variable to change.
        variable: String,
    },
    /// The feature is not for this organization.
    #[error("the organization `{organization}` may not use the feature; add it to {variable}, or set that to `*`")]
    NotListed {
        /// The variable to change.
        variable: String,
        /// The organization that asked.
        organization: String,
    },
}

impl Feature {
    /// A feature with a switch, and where there is a list, for the organizations on it. `lookup` reads a variable:
    /// `std::env::var`.
    ///
    /// The switch is on if its value is `true`. The list has its organizations between commas, or is `*` for all; blanks
    /// around a name and empty entries count for nothing. Absent, it names nobody.
    ///
    /// # Errors
    /// A value that is not UTF-8; a list with `*` as or in one of several names; a control character in a name.
    pub(crate) fn from_variables(
        lookup: impl Fn(&str) -> Result<String, VarError>,
        switch: &str,
        list: Option<&str>,
    ) -> Result<Self, InvalidVariable> {
        let on = read(&lookup, switch, "`true` or `false`")?.is_some_and(|value| value.trim() == "true");
        let switch = Some(Switch { variable: switch.to_owned(), on });
        let list = list.map(|list| List::read(&lookup, list)).transpose()?;
        Ok(Self { switch, list })
    }

    /// A feature without a switch of its own: on for the organizations on the list, which is like that of
    /// [`from_variables`](Self::from_variables).
    ///
    /// # Errors
    /// A list that is malformed.
    pub(crate) fn from_list(
        lookup: impl Fn(&str) -> Result<String, VarError>,
        list: &str,
    ) -> Result<Self, InvalidVariable> {
        Ok(Self { switch: None, list: Some(List::read(&lookup, list)?) })
    }

    /// Whether an organization may use the feature. Names are compared exactly.
    ///
    /// # Errors
    /// Why not, and which variable would change that.
    pub(crate) fn permits(&self, organization: &str) -> Result<(), Refused> {
        if let Some(Switch { variable, on: false }) = &self.switch {
            return Err(Refused::SwitchedOff { variable: variable.clone() });
        }
        match &self.list {
            Some(List { variable, organizations: Organizations::These(these) }) if !these.contains(organization) => {
                Err(Refused::NotListed { variable: variable.clone(), organization: organization.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl List {
    fn read(lookup: impl Fn(&str) -> Result<String, VarError>, variable: &str) -> Result<Self, InvalidVariable> {
        let expected = "names of organizations between commas, or `*` alone for all";
        let value = read(lookup, variable, expected)?.unwrap_or_default();
        let names: Vec<_> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let organizations = match *names {
            ["*"] => Organizations::All,
            _ if names.iter().any(|name| name.contains(|c: char| c == '*' || c.is_control())) => {
                return Err(InvalidVariable { variable: variable.to_owned(), expected });
            }
            _ => Organizations::These(names.into_iter().map(str::to_owned).collect()),
        };
        Ok(Self { variable: variable.to_owned(), organizations })
    }
}

fn read(
    lookup: impl Fn(&str) -> Result<String, VarError>,
    variable: &str,
    expected: &'static str,
) -> Result<Option<String>, InvalidVariable> {
    match lookup(variable) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(InvalidVariable { variable: variable.to_owned(), expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SWITCH: &str = "FEATURE_X";
    const LIST: &str = "FEATURE_X_WHITELIST";

    fn lookup(switch: Option<&str>, list: Option<&str>) -> impl Fn(&str) -> Result<String, VarError> {
        move |name| {
            let value = if name == SWITCH { switch } else { list };
            value.map(str::to_owned).ok_or(VarError::NotPresent)
        }
    }

    fn listed(list: Option<&str>) -> Feature {
        Feature::from_variables(lookup(Some("true"), list), SWITCH, Some(LIST)).expect("well-formed")
    }

    #[test]
    fn it_is_off_unless_it_is_on() {
        for value in [None, Some(""), Some("false"), Some("TRUE"), Some("1"), Some("yes"), Some("true true")] {
            let feature = Feature::from_variables(lookup(value, Some("*")), SWITCH, Some(LIST)).expect("well-formed");
            let refused = feature.permits("acme").expect_err("off");
            assert_eq!(refused, Refused::SwitchedOff { variable: SWITCH.into() }, "{value:?}");
            assert!(refused.to_string().contains("set FEATURE_X to `true`"));
        }
        for value in ["true", " true\n"] {
            let feature = Feature::from_variables(lookup(Some(value), None), SWITCH, None).expect("well-formed");
            assert_eq!(feature.permits("acme"), Ok(()));
        }
    }

    #[test]
    fn a_list_permits_those_on_it() {
        let feature = listed(Some(" acme ,, globex corp,"));
        assert_eq!(feature.permits("acme"), Ok(()));
        assert_eq!(feature.permits("globex corp"), Ok(()));
        for other in ["Acme", "acm", "", "*", "acme ,"] {
            assert!(feature.permits(other).is_err(), "{other}");
        }
        let refused = feature.permits("initech").expect_err("not listed");
        assert_eq!(refused, Refused::NotListed { variable: LIST.into(), organization: "initech".into() });
        assert!(refused.to_string().contains("add it to FEATURE_X_WHITELIST"));
    }

    #[test]
    fn a_star_alone_permits_all_and_no_list_nobody() {
        for list in ["*", " * ", "*,"] {
            assert_eq!(listed(Some(list)).permits("acme"), Ok(()));
        }
        for list in [None, Some(""), Some(" , ")] {
            assert!(listed(list).permits("acme").is_err());
            assert!(listed(list).permits("").is_err());
        }
    }

    #[test]
    fn a_list_without_a_switch_is_enough() {
        let feature = Feature::from_list(lookup(None, Some("acme")), LIST).expect("well-formed");
        assert_eq!(feature.permits("acme"), Ok(()));
        assert!(feature.permits("globex").is_err());
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_that_names_the_variable() {
        for list in ["*,acme", "acme, *", "**", "acme*", "*,*", "acme\nglobex"] {
            let error = Feature::from_list(lookup(None, Some(list)), LIST).expect_err(list);
            assert_eq!(error.variable, LIST);
            assert!(error.to_string().contains("`*` alone"), "{error}");
        }
        let not_utf8 = |_: &str| Err(VarError::NotUnicode("?".into()));
        let error = Feature::from_variables(not_utf8, SWITCH, Some(LIST)).expect_err("not UTF-8");
        assert_eq!((error.variable.as_str(), error.expected), (SWITCH, "`true` or `false`"));
    }
}
