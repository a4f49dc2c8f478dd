//! The rules, in the order of the contract's page; what is judged over all answers, and what exhausts a limit, last.

mod accounts;
mod always;
mod catalogue;
mod desk;
mod errors;
mod further;
mod limits;
mod lists;
mod live;
mod once;
mod origins;
mod request;
mod submit;
mod track;
mod uploads;

use crate::{
    Checked,
    suite::{Suite, Unreachable},
};
use portico_contract::config::Capability;
use std::pin::Pin;

/// Asking for one rule.
pub type Asking<'s> = Pin<Box<dyn Future<Output = Checked> + 's>>;

/// One rule of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Names it, for ever.
    pub id: &'static str,
    /// The rule in a sentence.
    pub says: &'static str,
    /// What a server must be able to do for it to apply.
    pub needs: Option<Capability>,
    /// Asks for it.
    pub run: for<'s> fn(&'s Suite) -> Asking<'s>,
}

/// A table of rules: what it needs, its id, its sentence, and the function that asks.
macro_rules! rules {
    ($($needs:expr, $id:literal, $says:literal, $ask:path;)+) => {
        pub(super) const RULES: &[$crate::rules::Rule] = &[$($crate::rules::Rule {
            id: $id,
            says: $says,
            needs: $needs,
            run: |suite| Box::pin($ask(suite)),
        }),+];
    };
}
pub(crate) use rules;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    [
        catalogue::RULES,
        errors::RULES,
        submit::RULES,
        once::RULES,
        request::RULES,
        track::RULES,
        lists::RULES,
        accounts::RULES,
        uploads::RULES,
        live::RULES,
        further::RULES,
        desk::RULES,
        origins::RULES,
        limits::RULES,
        always::RULES,
    ]
    .into_iter()
    .flatten()
}

impl Rule {
    /// Whether it has this id, or belongs to this part.
    fn is(&self, name: &str) -> bool {
        self.id == name || self.id.split('.').next() == Some(name)
    }
}

/// Those that are named, in their order; all where none is.
///
/// # Errors
/// [`Unreachable`] when there is no rule of a name.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static Rule>, Unreachable> {
    if let Some(name) = names.iter().find(|name| !all().any(|rule| rule.is(name))) {
        return Err(Unreachable(format!("there is no rule {name}")));
    }
    let chosen = |rule: &&Rule| names.is_empty() || names.iter().any(|name| rule.is(name));
    Ok(all().filter(chosen).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_an_id_of_its_own_and_a_sentence() {
        let mut ids = BTreeSet::new();
        for rule in super::all() {
            assert!(ids.insert(rule.id), "{} stands twice", rule.id);
            assert!(rule.id.contains('.') && rule.id.len() <= 40, "{}", rule.id);
            assert!(rule.says.ends_with('.'), "{}", rule.id);
        }
    }
}
