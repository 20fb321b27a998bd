//! Feature flags from environment variables. Features are off by default.

use std::collections::BTreeSet;
use std::env::VarError;

/// A feature that is enabled for no, some or all organizations.
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
    Listed(BTreeSet<String>),
}

/// An error for a variable with an invalid value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the variable {variable} is malformed: expected {expected}")]
pub(crate) struct InvalidVariable {
    /// The name of the variable.
    pub(crate) variable: String,
    /// The expected value.
    pub(crate) expected: &'static str,
}

/// The reason why an organization may not use a feature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// The feature is off for all organizations.
    #[error("the feature is off; set {variable} to `true` to enable it")]
    SwitchedOff {
        /// The variable to change.
        variable: String,
    },
    /// The feature is not for this organization.
    #[error("the organization `{organization}` may not use the feature; add it to {variable}, or set that to `*`")]
    NotListed {
        /// The variable to change.
        variable: String,
        /// The organization that was checked.
        organization: String,
    },
}

impl Feature {
    /// Reads a feature with a switch variable and an optional list variable. `lookup` reads a variable, like
    /// `std::env::var`.
    ///
    /// The switch is on if its value is `true`. If `list` is given, only the organizations in the list may use the
    /// feature. The list contains organizations separated by commas, or is `*` for all. Whitespace around names and
    /// empty entries are ignored. If the list variable is not set, the list is empty.
    ///
    /// # Errors
    /// Returns an error if a value is not UTF-8, if a list contains `*` together with or within names, or if a name
    /// contains a control character.
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

    /// Reads a feature without a switch variable: it is on for the organizations in the list. The list has the format
    /// that [`from_variables`](Self::from_variables) describes.
    ///
    /// # Errors
    /// Returns an error if the list is malformed.
    pub(crate) fn from_list(
        lookup: impl Fn(&str) -> Result<String, VarError>,
        list: &str,
    ) -> Result<Self, InvalidVariable> {
        Ok(Self { switch: None, list: Some(List::read(&lookup, list)?) })
    }

    /// Checks whether an organization may use the feature. Names are case-sensitive.
    ///
    /// # Errors
    /// Returns the reason for a refusal, with the variable to change.
    pub(crate) fn permits(&self, organization: &str) -> Result<(), Refused> {
        if let Some(Switch { variable, on: false }) = &self.switch {
            return Err(Refused::SwitchedOff { variable: variable.clone() });
        }
        match &self.list {
            Some(List { variable, organizations: Organizations::Listed(listed) }) if !listed.contains(organization) => {
                Err(Refused::NotListed { variable: variable.clone(), organization: organization.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

impl List {
    fn read(lookup: impl Fn(&str) -> Result<String, VarError>, variable: &str) -> Result<Self, InvalidVariable> {
        let expected = "organization names separated by commas, or `*` alone for all";
        let value = read(lookup, variable, expected)?.unwrap_or_default();
        let names: Vec<_> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        let organizations = match *names {
            ["*"] => Organizations::All,
            _ if names.iter().any(|name| name.contains(|c: char| c == '*' || c.is_control())) => {
                return Err(InvalidVariable { variable: variable.to_owned(), expected });
            }
            _ => Organizations::Listed(names.into_iter().map(str::to_owned).collect()),
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

    fn feature(list: Option<&str>) -> Feature {
        Feature::from_variables(lookup(Some("true"), list), SWITCH, Some(LIST)).expect("well-formed")
    }

    #[test]
    fn is_on_only_if_the_switch_is_true() {
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
    fn permits_only_listed_organizations() {
        let feature = feature(Some(" acme ,, globex corp,"));
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
    fn star_permits_all_and_an_empty_list_permits_none() {
        for list in ["*", " * ", "*,"] {
            assert_eq!(feature(Some(list)).permits("acme"), Ok(()));
        }
        for list in [None, Some(""), Some(" , ")] {
            assert!(feature(list).permits("acme").is_err());
            assert!(feature(list).permits("").is_err());
        }
    }

    #[test]
    fn a_list_needs_no_switch() {
        let feature = Feature::from_list(lookup(None, Some("acme")), LIST).expect("well-formed");
        assert_eq!(feature.permits("acme"), Ok(()));
        assert!(feature.permits("globex").is_err());
    }

    #[test]
    fn malformed_values_are_errors_that_name_the_variable() {
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
