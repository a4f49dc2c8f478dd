//! Whom a company asks, when, how often, and how the answers are counted: one TOML file with its questionnaires.

use super::{Questionnaire, period::Period};
use crate::promises::policy::{Stamps, Wrong};
use portico_contract::request::Kind;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::Spanned;

/// The file that `portico init` writes, and what holds without one.
pub const DEFAULT_FILE: &str = include_str!("../../surveys.toml");
/// The questionnaires that it names, by file name.
pub const DEFAULT_QUESTIONNAIRES: [(&str, &str); 2] = [
    (
        "after-closure.json",
        include_str!("../../surveys/after-closure.json"),
    ),
    (
        "quarterly.json",
        include_str!("../../surveys/quarterly.json"),
    ),
];

/// No window and no gap is longer: ten years.
const DAYS_MAX: u32 = 3_650;

/// What a survey is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SurveyKind {
    /// A case.
    Transactional,
    /// Working together.
    Relationship,
}

/// How answers become the figure that is held against the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Formula {
    /// The share of customers whose weighted mean is satisfactory.
    Satisfied,
    /// The mean of the weighted indices.
    Index,
    /// The mean of the weighted shares of the highest rating.
    ShareOfMaximum,
}

/// A rated question and its weight.
#[derive(Debug, Clone, PartialEq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    /// The question.
    pub question: String,
    /// Its weight.
    pub weight: f64,
}

/// One survey.
#[derive(Debug)]
pub struct SurveyTerms {
    /// Names it.
    pub id: String,
    /// What it is about.
    pub kind: SurveyKind,
    /// What it asks.
    pub questionnaire: Arc<Questionnaire>,
    /// Days since the same person was last sent it.
    pub gap_days: u32,
    /// Days since the same person was last sent any.
    pub any_gap_days: u32,
    /// For how many days it can be answered.
    pub valid_days: u32,
    /// For how many days an answer can be changed.
    pub change_days: u32,
    /// After how many days without an answer one reminder goes out; `None`: none.
    pub reminder_days: Option<u32>,
    /// The question whose steps are links in the letter.
    pub asks: Option<String>,
    /// What is rated.
    pub dimensions: Arc<[Dimension]>,
    /// The lowest and the highest rating.
    pub scale: (f64, f64),
    /// From which mean a customer is satisfied.
    pub satisfied_from: f64,
    /// What is held against the target.
    pub formula: Formula,
    /// In percent.
    pub target: f64,
    /// Below so many answers nothing is shown.
    pub minimum_n: u32,
    /// Questions with free text, a signature or files.
    pub comments: Vec<String>,
    /// By what results are told apart.
    pub period: Period,
    /// Nothing links answer and person.
    pub anonymous: bool,
}

/// What is asked after a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClosure {
    survey: Spanned<String>,
    #[serde(default = "a_day")]
    hours: Spanned<u32>,
    #[serde(default = "all")]
    sample: Spanned<u32>,
    #[serde(default)]
    kinds: Vec<Spanned<Kind>>,
}

fn a_day() -> Spanned<u32> {
    Spanned::new(0..0, 24)
}

fn all() -> Spanned<u32> {
    Spanned::new(0..0, 100)
}

/// What is asked after a case.
#[derive(Debug, Clone)]
pub struct Closure {
    /// Which survey.
    pub survey: String,
    /// How many hours after it was resolved: at least one, so that the customer could say first whether it is.
    pub hours: u32,
    /// What share of cases in percent.
    pub sample: u32,
    /// Cases of these kinds; empty: all.
    pub kinds: Vec<Kind>,
}

/// Rounds that come again with each period.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Names it.
    pub id: String,
    /// Which survey.
    pub survey: String,
    /// How often.
    pub every: Period,
    /// Which customers; `None`: all with an account.
    pub tiers: Option<Vec<String>>,
    /// What share of them in percent.
    pub sample: u32,
}

/// One part of a composite.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    survey: Spanned<String>,
    weight: f64,
}

/// One figure for a year out of several surveys.
#[derive(Debug, Clone)]
pub struct Composite {
    /// Names it.
    pub id: String,
    /// Surveys and their weights.
    pub parts: Vec<(String, f64)>,
}

/// All of it.
#[derive(Debug)]
pub struct Programme {
    /// Every survey.
    pub surveys: Vec<SurveyTerms>,
    /// After a case; `None`: nobody is asked.
    pub closure: Option<Closure>,
    /// Rounds.
    pub campaigns: Vec<Campaign>,
    /// Figures out of several surveys.
    pub composites: Vec<Composite>,
    /// The files that it was read from.
    pub files: Stamps,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    gates: Gates,
    #[serde(default)]
    surveys: Vec<RawSurvey>,
    closure: Option<RawClosure>,
    #[serde(default)]
    campaigns: Vec<RawCampaign>,
    #[serde(default)]
    composites: Vec<RawComposite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gates {
    transactional_days: u32,
    relationship_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSurvey {
    id: Spanned<String>,
    kind: SurveyKind,
    questionnaire: Spanned<PathBuf>,
    #[serde(default)]
    gap_days: u32,
    any_gap_days: Option<u32>,
    valid_days: Spanned<u32>,
    change_days: Spanned<u32>,
    reminder_days: Option<Spanned<u32>>,
    asks: Option<Spanned<String>>,
    dimensions: Spanned<Vec<Spanned<Dimension>>>,
    scale: Spanned<(f64, f64)>,
    satisfied_from: Spanned<f64>,
    formula: Formula,
    target: Spanned<f64>,
    minimum_n: Spanned<u32>,
    #[serde(default)]
    comments: Vec<Spanned<String>>,
    period: Period,
    #[serde(default)]
    anonymous: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCampaign {
    id: Spanned<String>,
    survey: Spanned<String>,
    every: Period,
    tiers: Option<Vec<String>>,
    #[serde(default = "all")]
    sample: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawComposite {
    id: Spanned<String>,
    parts: Spanned<Vec<RawPart>>,
}

impl Programme {
    /// Reads the file with the questionnaires that it names, or takes what comes along without one.
    ///
    /// # Errors
    /// A sentence for the operator that names the place.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else {
            return Self::read(DEFAULT_FILE, Path::new("surveys.toml"), None);
        };
        // Before it is read: what changes in between is seen as a change.
        let stamp = Stamps::of([file.to_owned()]);
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let mut programme = Self::read(&text, file, Some(folder))?;
        programme.files.append(stamp);
        Ok(programme)
    }

    fn read(text: &str, file: &Path, folder: Option<&Path>) -> Result<Self, String> {
        let raw: File = toml::from_str(text).map_err(|e| format!("{}: {e}", file.display()))?;
        Self::build(raw, folder).map_err(|wrong| wrong.told(text, file))
    }

    fn build(raw: File, folder: Option<&Path>) -> Result<Self, Wrong> {
        let mut read = Files {
            folder,
            stamps: Stamps::of([]),
            known: BTreeMap::new(),
        };
        let mut surveys: Vec<SurveyTerms> = Vec::new();
        for survey in raw.surveys {
            unique(&survey.id, surveys.iter().map(|other| other.id.as_str()))?;
            surveys.push(survey.build(&raw.gates, &mut read)?);
        }
        let known =
            |id: &Spanned<String>| match surveys.iter().find(|survey| survey.id == *id.get_ref()) {
                Some(survey) => Ok(survey),
                None => {
                    let ids: Vec<&str> = surveys.iter().map(|survey| survey.id.as_str()).collect();
                    let words =
                        format!("no survey {:?}; known are {}", id.get_ref(), ids.join(", "));
                    Err(Wrong(id.span(), words))
                }
            };
        let closure = raw.closure.map(|closure| {
            if known(&closure.survey)?.anonymous {
                let words =
                    "what is asked about one case is about its customer: it cannot be anonymous";
                return Err(Wrong(closure.survey.span(), words.to_owned()));
            }
            if let Some(kind) = closure
                .kinds
                .iter()
                .find(|kind| *kind.get_ref() == Kind::Unknown)
            {
                return Err(Wrong(kind.span(), "no such kind of request".to_owned()));
            }
            Ok(Closure {
                hours: within(&closure.hours, 1, DAYS_MAX * 24, "hours")?,
                sample: within(&closure.sample, 1, 100, "percent")?,
                kinds: closure.kinds.into_iter().map(Spanned::into_inner).collect(),
                survey: closure.survey.into_inner(),
            })
        });
        let mut campaigns: Vec<Campaign> = Vec::new();
        for campaign in raw.campaigns {
            unique(
                &campaign.id,
                campaigns.iter().map(|other| other.id.as_str()),
            )?;
            known(&campaign.survey)?;
            campaigns.push(Campaign {
                id: campaign.id.into_inner(),
                survey: campaign.survey.into_inner(),
                every: campaign.every,
                tiers: campaign.tiers,
                sample: within(&campaign.sample, 1, 100, "percent")?,
            });
        }
        let mut composites = Vec::new();
        for composite in raw.composites {
            unique(
                &composite.id,
                surveys.iter().map(|survey| survey.id.as_str()),
            )?;
            let weights: f64 = composite
                .parts
                .get_ref()
                .iter()
                .map(|part| part.weight)
                .sum();
            let each = composite
                .parts
                .get_ref()
                .iter()
                .all(|part| part.weight >= 0.0);
            if !(weights > 0.0 && each) {
                return Err(Wrong(
                    composite.parts.span(),
                    "the weights do not add up to more than 0".to_owned(),
                ));
            }
            let mut parts = Vec::new();
            for part in composite.parts.into_inner() {
                known(&part.survey)?;
                parts.push((part.survey.into_inner(), part.weight));
            }
            composites.push(Composite {
                id: composite.id.into_inner(),
                parts,
            });
        }
        Ok(Self {
            closure: closure.transpose()?,
            surveys,
            campaigns,
            composites,
            files: read.stamps,
        })
    }

    /// A survey by its id.
    #[must_use]
    pub fn survey(&self, id: &str) -> Option<&SurveyTerms> {
        self.surveys.iter().find(|survey| survey.id == id)
    }
}

/// The questionnaires of a programme, each read once.
struct Files<'a> {
    /// Where they lie; `None`: those that come along.
    folder: Option<&'a Path>,
    stamps: Stamps,
    known: BTreeMap<PathBuf, Arc<Questionnaire>>,
}

impl Files<'_> {
    fn questionnaire(&mut self, name: &Spanned<PathBuf>) -> Result<Arc<Questionnaire>, Wrong> {
        if let Some(known) = self.known.get(name.get_ref()) {
            return Ok(Arc::clone(known));
        }
        let wrong = |words: String| {
            Wrong(
                name.span(),
                format!("{}: {words}", name.get_ref().display()),
            )
        };
        let text = match self.folder {
            Some(folder) => {
                let path = folder.join(name.get_ref());
                self.stamps.append(Stamps::of([path.clone()]));
                std::fs::read_to_string(path).map_err(|e| wrong(e.to_string()))?
            }
            None => {
                let mut shipped = DEFAULT_QUESTIONNAIRES.iter();
                let found = shipped.find(|(file, _)| Path::new(file) == name.get_ref());
                found.map_or_else(
                    || Err(wrong("it does not come along".to_owned())),
                    |(_, text)| Ok((*text).to_owned()),
                )?
            }
        };
        let questionnaire = Arc::new(Questionnaire::read(&text).map_err(wrong)?);
        self.known
            .insert(name.get_ref().clone(), Arc::clone(&questionnaire));
        Ok(questionnaire)
    }
}

impl RawSurvey {
    fn build(self, gates: &Gates, files: &mut Files<'_>) -> Result<SurveyTerms, Wrong> {
        let questionnaire = files.questionnaire(&self.questionnaire)?;
        let asked =
            |question: &str, span: std::ops::Range<usize>| match questionnaire.asks(question) {
                true => Ok(()),
                false => {
                    let words = format!(
                        "{} asks no {question:?}",
                        self.questionnaire.get_ref().display()
                    );
                    Err(Wrong(span, words))
                }
            };
        for dimension in self.dimensions.get_ref() {
            asked(&dimension.get_ref().question, dimension.span())?;
        }
        for comment in &self.comments {
            asked(comment.get_ref(), comment.span())?;
        }
        if let Some(question) = &self.asks {
            asked(question.get_ref(), question.span())?;
            if questionnaire.steps(question.get_ref()).is_empty() {
                let words = format!(
                    "{:?} is no rating: a letter can have links for its steps alone",
                    question.get_ref()
                );
                return Err(Wrong(question.span(), words));
            }
        }
        let weights = self
            .dimensions
            .get_ref()
            .iter()
            .map(|dimension| dimension.get_ref().weight);
        if !(weights.clone().sum::<f64>() > 0.0 && weights.clone().all(|weight| weight >= 0.0)) {
            return Err(Wrong(
                self.dimensions.span(),
                "the weights do not add up to more than 0".to_owned(),
            ));
        }
        let (low, high) = *self.scale.get_ref();
        if low >= high || low.is_nan() || high.is_nan() {
            return Err(Wrong(
                self.scale.span(),
                "the highest rating is not above the lowest".to_owned(),
            ));
        }
        let from = *self.satisfied_from.get_ref();
        if !(low..=high).contains(&from) {
            return Err(Wrong(
                self.satisfied_from.span(),
                format!("{from} is not on the scale"),
            ));
        }
        let target = *self.target.get_ref();
        if !(0.0..=100.0).contains(&target) {
            return Err(Wrong(
                self.target.span(),
                format!("{target} is no percentage"),
            ));
        }
        let any_gap_days = match self.kind {
            SurveyKind::Transactional => gates.transactional_days,
            SurveyKind::Relationship => gates.relationship_days,
        };
        let (reminder_days, place) = match &self.reminder_days {
            Some(days) => (*days.get_ref(), days.span()),
            None => (0, 0..0),
        };
        if reminder_days > 0 && self.anonymous {
            let words = "who has answered is not known of an anonymous survey: it has no reminder";
            return Err(Wrong(place, words.to_owned()));
        }
        let valid_days = within(&self.valid_days, 1, DAYS_MAX, "days")?;
        if reminder_days >= valid_days {
            let words = "the reminder comes when the survey can no longer be answered";
            return Err(Wrong(place, words.to_owned()));
        }
        Ok(SurveyTerms {
            kind: self.kind,
            gap_days: self.gap_days,
            any_gap_days: self.any_gap_days.unwrap_or(any_gap_days),
            valid_days,
            change_days: within(&self.change_days, 0, DAYS_MAX, "days")?,
            reminder_days: (reminder_days > 0).then_some(reminder_days),
            asks: self.asks.map(Spanned::into_inner),
            dimensions: self
                .dimensions
                .into_inner()
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
            scale: (low, high),
            satisfied_from: from,
            formula: self.formula,
            target,
            // Fewer than three is no protection of anybody.
            minimum_n: within(&self.minimum_n, 3, 1_000, "answers")?,
            comments: self.comments.into_iter().map(Spanned::into_inner).collect(),
            period: self.period,
            anonymous: self.anonymous,
            id: self.id.into_inner(),
            questionnaire,
        })
    }
}

/// A number between two bounds.
fn within(number: &Spanned<u32>, least: u32, most: u32, of: &str) -> Result<u32, Wrong> {
    match *number.get_ref() {
        fits if (least..=most).contains(&fits) => Ok(fits),
        other => Err(Wrong(
            number.span(),
            format!("{other} {of}: it is {least} to {most}"),
        )),
    }
}

/// An id that fits a path and stands there once.
fn unique<'a>(
    id: &Spanned<String>,
    mut others: impl Iterator<Item = &'a str>,
) -> Result<(), Wrong> {
    let name = id.get_ref();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Wrong(
            id.span(),
            format!("the id {name:?} is not of small letters, digits, _ and - alone"),
        ));
    }
    match others.any(|other| other == name) {
        true => Err(Wrong(id.span(), format!("{name:?} stands there twice"))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(from: &str, to: &str) -> String {
        assert!(DEFAULT_FILE.contains(from), "{from}");
        let text = DEFAULT_FILE.replacen(from, to, 1);
        Programme::read(&text, Path::new("surveys.toml"), None).unwrap_err()
    }

    #[test]
    fn what_ships_is_read_with_its_questionnaires() {
        let programme = Programme::load(None).unwrap();
        let survey = programme.survey("after_closure").unwrap();
        assert_eq!(
            (survey.any_gap_days, survey.gap_days, survey.reminder_days),
            (30, 0, Some(4))
        );
        let weights: Vec<_> = survey
            .dimensions
            .iter()
            .map(|d| (d.question.as_str(), d.weight))
            .collect();
        assert_eq!(
            weights,
            [
                ("attitude", 30.0),
                ("quality", 30.0),
                ("speed", 20.0),
                ("solving", 20.0)
            ]
        );
        assert_eq!(programme.closure.unwrap().hours, 24);
        assert_eq!(programme.campaigns.len(), 2);
        assert_eq!(programme.composites[0].parts.len(), 3);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, says) in [
            (
                "question = \"speed\"",
                "question = \"price\"",
                "line 47: after-closure.json asks no \"price\"",
            ),
            (
                "asks = \"solving\"",
                "asks = \"suggestion\"",
                "\"suggestion\" is no rating",
            ),
            (
                "survey = \"after_closure\"\nhours",
                "survey = \"nothing\"\nhours",
                "no survey \"nothing\"; known are",
            ),
            ("hours = 24", "hours = 0", "0 hours: it is 1 to"),
            ("sample = 34", "sample = 340", "340 percent"),
            ("minimum_n = 5", "minimum_n = 1", "1 answers"),
            (
                "scale = [1, 5]",
                "scale = [5, 1]",
                "the highest rating is not above the lowest",
            ),
            (
                "id = \"quarterly\"\nkind",
                "id = \"after_closure\"\nkind",
                "stands there twice",
            ),
            (
                "questionnaire = \"quarterly.json\"",
                "questionnaire = \"other.json\"",
                "other.json: it does not come along",
            ),
            (
                "period = \"month\"",
                "period = \"month\"\nanonymous = true",
                "has no reminder",
            ),
            (
                "reminder_days = 4",
                "reminder_days = 30",
                "can no longer be answered",
            ),
            ("[closure]", "[closing]", "unknown field `closing`"),
        ] {
            let error = wrong(from, to);
            assert!(
                error.starts_with("surveys.toml") && error.contains(says),
                "{error}"
            );
        }
        let closing = DEFAULT_FILE
            .replace(
                "reminder_days = 4\nasks = \"solving\"",
                "reminder_days = 0\nasks = \"solving\"",
            )
            .replacen(
                "period = \"month\"",
                "period = \"month\"\nanonymous = true",
                1,
            );
        let error = Programme::read(&closing, Path::new("surveys.toml"), None).unwrap_err();
        assert!(error.contains("cannot be anonymous"), "{error}");
    }
}
