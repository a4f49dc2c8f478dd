//! What comes out: scores with n and interval, as a whole, by period, dimension and tier; how many answered; free text.
//!
//! Nothing is shown of fewer answers than the minimum, and nothing from which such a group could be told by taking the
//! others from the whole: then another one is hidden with it. Results are told apart by the one period that the survey
//! has, because two ways of cutting the same answers would give away what each of them hides.

use super::{
    period::Period,
    programme::{Composite, Dimension, Formula, Programme, SurveyTerms},
};
use crate::{
    delivery::invitation::setting,
    problem::ApiError,
    state::App,
    store::{Tx, surveys::Asked},
};
use chrono_tz::Tz;
use portico_contract::{Instant, locale::Locale};
use portico_survey::{
    Object, Value,
    score::{self, Scale, Standing, Target},
};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// Of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Below so many answers a score says little.
const FEW: u32 = 30;

/// The score of a group of answers. All figures are in percent but the mean, which is on the scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Names it: a period, a question, a tier; of the whole, nothing.
    pub name: String,
    /// In words, where the name is none.
    pub label: Option<String>,
    /// The weight of a dimension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The weights of a period: those of the programme when its first letter went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Arc<[Dimension]>>,
    /// How many letters left; of a dimension or a tier of an anonymous survey it is not known.
    pub delivered: Option<u32>,
    /// How many answered.
    pub completed: Option<u32>,
    /// One of the other, in percent.
    pub response_rate: Option<f64>,
    /// How many rated something; `None` when it is hidden.
    pub n: Option<u32>,
    /// It is hidden, because it or another one has too few answers.
    pub hidden: bool,
    /// It has few answers.
    pub few: bool,
    /// What is held against the target.
    pub score: Option<f64>,
    /// The share of satisfied customers.
    pub satisfied: Option<f64>,
    /// The lower end of that share's interval of 95 % (Wilson).
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// The weighted index.
    pub index: Option<f64>,
    /// The weighted share of the highest rating.
    pub share_of_maximum: Option<f64>,
    /// The weighted mean.
    pub mean: Option<f64>,
    /// How the score stands to the target: `no_data`, `too_few`, `missed`, `met`, `met_surely`.
    pub target: &'static str,
}

/// By what the figure is computed, so that it can be told with it.
#[derive(Debug, Clone, Serialize)]
pub struct Declared {
    /// Which one.
    pub formula: Formula,
    /// In words.
    pub text: String,
    /// In percent.
    pub target: f64,
    /// The lowest and the highest rating.
    pub scale: (f64, f64),
    /// From which mean a customer is satisfied.
    pub satisfied_from: f64,
    /// Below so many answers nothing is shown.
    pub minimum_n: u32,
}

/// A free text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comment {
    /// In answer to which question.
    pub question: String,
    /// As it was written; the name of a file.
    pub text: String,
    /// The file that it is, to be had from the desk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In which period.
    pub period: String,
}

/// All of it.
#[derive(Debug, Serialize)]
pub struct Results {
    /// Which survey.
    pub survey: String,
    /// Its title in the language of the answer.
    pub title: String,
    /// Nothing links answer and person.
    pub anonymous: bool,
    /// How the figures are made.
    pub declared: Declared,
    /// All answers.
    pub total: Group,
    /// By period, the first one first.
    pub periods: Vec<Group>,
    /// By question.
    pub dimensions: Vec<Group>,
    /// By tier; of an anonymous survey none.
    pub tiers: Vec<Group>,
    /// Free text of the periods that are shown.
    pub comments: Vec<Comment>,
}

/// One part of a composite.
#[derive(Debug, Serialize)]
pub struct PartResult {
    /// Which survey.
    pub survey: String,
    /// Its weight.
    pub weight: f64,
    /// Its score in the year; `None` when it has none that can be shown: then it does not count.
    pub score: Option<f64>,
    /// How many rated something.
    pub n: Option<u32>,
}

/// One figure of a year.
#[derive(Debug, Serialize)]
pub struct YearResult {
    /// Which year.
    pub year: String,
    /// The weighted mean of the parts that have a score.
    pub score: Option<f64>,
    /// The share of the weights that these have, in percent.
    pub covered: f64,
    /// What it is made of.
    pub parts: Vec<PartResult>,
}

/// A composite, year by year.
#[derive(Debug, Serialize)]
pub struct CompositeResults {
    /// Which one.
    pub survey: String,
    /// The first year first.
    pub years: Vec<YearResult>,
}

/// One response, understood.
#[derive(Debug, Clone)]
struct Rated {
    period: String,
    year: String,
    tier: Option<String>,
    dimensions: Arc<[Dimension]>,
    /// In the order of the dimensions.
    ratings: Vec<Option<f64>>,
    answers: Object,
}

/// How many letters left and how many were answered.
#[derive(Debug, Clone, Copy, Default)]
struct Reach {
    delivered: u32,
    completed: u32,
}

/// What is known of a survey's answers.
#[derive(Debug, Default)]
struct Gathered {
    rated: Vec<Rated>,
    by_period: BTreeMap<String, Reach>,
    by_tier: BTreeMap<String, Reach>,
    weights: Weights,
}

/// By what answers count in each period of a survey.
#[derive(Debug, Default)]
pub struct Weights {
    by_period: BTreeMap<String, Arc<[Dimension]>>,
}

impl Weights {
    /// Those that are kept of a survey.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of(tx: &mut dyn Tx, terms: &SurveyTerms) -> Result<Self, ApiError> {
        Ok(Self {
            by_period: tx.weights(&terms.id).await?,
        })
    }

    /// Those of a period; of one that has none of its own, those of the programme as it is now.
    #[must_use]
    pub fn in_period(&self, period: &str, terms: &SurveyTerms) -> Arc<[Dimension]> {
        let kept = self.by_period.get(period);
        Arc::clone(kept.unwrap_or(&terms.dimensions))
    }
}

/// One response over its dimensions; `None` where nothing was rated.
fn weighted(
    terms: &SurveyTerms,
    dimensions: &[Dimension],
    ratings: &[Option<f64>],
) -> Option<score::Weighted> {
    let pairs = dimensions.iter().zip(ratings);
    score::weighted(
        pairs.map(|(dimension, rating)| (dimension.weight, *rating)),
        scale(terms),
    )
}

/// The mean without the noise of its last digits, which would make 4 less than 4.
fn mean_of(weighted: score::Weighted) -> f64 {
    (weighted.mean * 1e9).round() / 1e9
}

fn scale(terms: &SurveyTerms) -> Scale {
    let (lowest, highest) = terms.scale;
    Scale { lowest, highest }
}

/// The weighted index of one response, 0 to 100: what its timeline entry says.
#[must_use]
pub fn score_of(terms: &SurveyTerms, dimensions: &[Dimension], answers: &Object) -> Option<f64> {
    let ratings = ratings(terms, dimensions, answers);
    weighted(terms, dimensions, &ratings).map(|weighted| rounded(weighted.index))
}

fn ratings(terms: &SurveyTerms, dimensions: &[Dimension], answers: &Object) -> Vec<Option<f64>> {
    let rating = |question: &str| {
        let number = match answers.get(question)? {
            Value::Number(number) => *number,
            Value::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        scale(terms).has(number).then_some(number)
    };
    dimensions
        .iter()
        .map(|dimension| rating(&dimension.question))
        .collect()
}

/// For showing: one decimal, half away from zero.
fn rounded(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

impl Group {
    fn of(name: &str, means: &[f64], reach: Option<Reach>, terms: &SurveyTerms) -> Self {
        let n = u32::try_from(means.len()).unwrap_or(u32::MAX);
        let found = score::satisfaction(means.iter().copied(), scale(terms), terms.satisfied_from);
        let value = found.map(|found| match terms.formula {
            Formula::Satisfied => found.percent,
            Formula::Index => found.index,
            Formula::ShareOfMaximum => found.share_of_max,
        });
        let ends = found.and_then(|found| score::wilson(found.satisfied, found.n, CONFIDENCE));
        let target = Target {
            value: terms.target,
            minimum: terms.minimum_n.into(),
        };
        // The interval is one of shares: of another figure nothing is sure.
        let lower = ends
            .filter(|_| terms.formula == Formula::Satisfied)
            .map(|ends| ends.low);
        let target = match value.map(|value| target.judge(value, n.into(), lower)) {
            None => "no_data",
            Some(Standing::TooFew) => "too_few",
            Some(Standing::Missed) => "missed",
            Some(Standing::Met) => "met",
            Some(Standing::MetSurely) => "met_surely",
        };
        Self {
            name: name.to_owned(),
            label: None,
            weight: None,
            weights: None,
            delivered: reach.map(|reach| reach.delivered),
            completed: reach.map(|reach| reach.completed),
            response_rate: reach.filter(|reach| reach.delivered > 0).map(|reach| {
                rounded(100.0 * f64::from(reach.completed) / f64::from(reach.delivered))
            }),
            n: Some(n),
            hidden: false,
            few: n < FEW,
            score: value.map(rounded),
            satisfied: found.map(|found| rounded(found.percent)),
            low: ends.map(|ends| rounded(ends.low)),
            high: ends.map(|ends| rounded(ends.high)),
            index: found.map(|found| rounded(found.index)),
            share_of_maximum: found.map(|found| rounded(found.share_of_max)),
            mean: found.map(|found| (found.mean * 100.0).round() / 100.0),
            target,
        }
    }

    /// The same with nothing in it that says what was answered.
    fn hide(&mut self) {
        *self = Self {
            n: None,
            hidden: true,
            few: true,
            score: None,
            low: None,
            high: None,
            satisfied: None,
            index: None,
            share_of_maximum: None,
            mean: None,
            completed: None,
            response_rate: None,
            target: "too_few",
            ..self.clone()
        };
    }

    fn is_too_small(&self, minimum: u32) -> bool {
        self.n.is_some_and(|n| n > 0 && n < minimum)
    }
}

/// Hides groups that are too small, and, of groups that make up a whole, the next smallest until what is hidden
/// together is no small group either: otherwise it could be had by taking what is shown from the whole.
fn suppress(groups: &mut [Group], minimum: u32) {
    let n = |group: &Group| group.n.unwrap_or_default();
    let mut hidden = 0;
    let mut together = 0;
    for group in groups
        .iter_mut()
        .filter(|group| group.is_too_small(minimum))
    {
        together += n(group);
        hidden += 1;
        group.hide();
    }
    while hidden > 0 && (hidden < 2 || together < minimum) {
        let left = groups
            .iter_mut()
            .filter(|group| !group.hidden && n(group) > 0);
        let Some(next) = left.min_by_key(|group| n(group)) else {
            return;
        };
        together += n(next);
        hidden += 1;
        next.hide();
    }
}

async fn gather(app: &App, tx: &mut dyn Tx, terms: &SurveyTerms) -> Result<Gathered, ApiError> {
    let zone = app.settings.time_zone;
    let mut gathered = Gathered {
        weights: Weights::of(tx, terms).await?,
        ..Gathered::default()
    };
    if terms.anonymous {
        let now = app.clock.now();
        for wave in tx.waves(&terms.id).await? {
            // While a round is open its figures would change with each answer, and so tell it.
            if !wave.anonymous || wave.until > now {
                continue;
            }
            let (period, year) = (
                terms.period.name(wave.began_at, zone),
                Period::Year.name(wave.began_at, zone),
            );
            let (delivered, answered) = tx.ballots(&wave.id).await?;
            let reach = gathered.by_period.entry(period.clone()).or_default();
            reach.delivered += delivered;
            for data in answered {
                reach.completed += 1;
                let dimensions = gathered.weights.in_period(&period, terms);
                gathered.rated.push(Rated::new(
                    terms,
                    dimensions,
                    &data,
                    period.clone(),
                    year.clone(),
                    None,
                )?);
            }
        }
        return Ok(gathered);
    }
    for Asked { invitation, data } in tx.asked(&terms.id).await? {
        let Some(sent) = invitation.sent_at else {
            continue;
        };
        let (period, year) = names(terms, sent, zone);
        let tier = invitation.tier.unwrap_or_default();
        for reach in [
            gathered.by_period.entry(period.clone()).or_default(),
            gathered.by_tier.entry(tier.clone()).or_default(),
        ] {
            reach.delivered += 1;
            reach.completed += u32::from(data.is_some());
        }
        if let Some(data) = data {
            let dimensions = gathered.weights.in_period(&period, terms);
            let rated = Rated::new(terms, dimensions, &data, period, year, Some(tier))?;
            gathered.rated.push(rated);
        }
    }
    Ok(gathered)
}

fn names(terms: &SurveyTerms, at: Instant, zone: Tz) -> (String, String) {
    (terms.period.name(at, zone), Period::Year.name(at, zone))
}

impl Rated {
    fn new(
        terms: &SurveyTerms,
        dimensions: Arc<[Dimension]>,
        data: &str,
        period: String,
        year: String,
        tier: Option<String>,
    ) -> Result<Self, ApiError> {
        let data: Value = serde_json::from_str(data).map_err(ApiError::internal)?;
        let answers = data.as_object().cloned().unwrap_or_default();
        Ok(Self {
            period,
            year,
            tier,
            ratings: ratings(terms, &dimensions, &answers),
            dimensions,
            answers,
        })
    }
}

impl Rated {
    /// Over what was rated; `None` where nothing was.
    fn mean(&self, terms: &SurveyTerms) -> Option<f64> {
        weighted(terms, &self.dimensions, &self.ratings).map(mean_of)
    }

    fn rating(&self, question: &str) -> Option<f64> {
        let mut dimensions = self.dimensions.iter();
        let place = dimensions.position(|dimension| dimension.question == question)?;
        self.ratings.get(place).copied().flatten()
    }
}

/// The results of a survey.
///
/// # Errors
/// When the store fails.
pub async fn results(
    app: &App,
    tx: &mut dyn Tx,
    terms: &SurveyTerms,
    locale: Locale,
) -> Result<Results, ApiError> {
    let gathered = gather(app, tx, terms).await?;
    let setting = setting(app, locale);
    let (low, high) = terms.scale;
    let number = |number: f64| number.to_string();
    let formula = match terms.formula {
        Formula::Satisfied => "survey.formula.satisfied",
        Formula::Index => "survey.formula.index",
        Formula::ShareOfMaximum => "survey.formula.share_of_maximum",
    };
    let values = [
        ("from", number(terms.satisfied_from)),
        ("low", number(low)),
        ("high", number(high)),
    ];
    let values = values
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let declared = Declared {
        formula: terms.formula,
        text: app.company().catalogue.fill(formula, locale, &values),
        target: terms.target,
        scale: terms.scale,
        satisfied_from: terms.satisfied_from,
        minimum_n: terms.minimum_n,
    };
    Ok(shown(
        &gathered,
        terms,
        declared,
        &|question| terms.questionnaire.title_of(question, setting),
        terms.questionnaire.title(setting),
    ))
}

fn shown(
    gathered: &Gathered,
    terms: &SurveyTerms,
    declared: Declared,
    title_of: &dyn Fn(&str) -> String,
    title: String,
) -> Results {
    let minimum = terms.minimum_n;
    let means = |fits: &dyn Fn(&Rated) -> bool| -> Vec<f64> {
        let fitting = gathered.rated.iter().filter(|rated| fits(rated));
        fitting.filter_map(|rated| rated.mean(terms)).collect()
    };
    let whole = gathered
        .by_period
        .values()
        .fold(Reach::default(), |sum, reach| Reach {
            delivered: sum.delivered + reach.delivered,
            completed: sum.completed + reach.completed,
        });
    let mut total = Group::of("", &means(&|_| true), Some(whole), terms);
    let mut periods: Vec<Group> = gathered
        .by_period
        .iter()
        .map(|(period, reach)| Group {
            weights: Some(gathered.weights.in_period(period, terms)),
            ..Group::of(
                period,
                &means(&|rated| rated.period == *period),
                Some(*reach),
                terms,
            )
        })
        .collect();
    suppress(&mut periods, minimum);
    let mut tiers: Vec<Group> = gathered
        .by_tier
        .iter()
        .map(|(tier, reach)| {
            Group::of(
                tier,
                &means(&|rated| rated.tier.as_ref() == Some(tier)),
                Some(*reach),
                terms,
            )
        })
        .collect();
    suppress(&mut tiers, minimum);
    let mut dimensions: Vec<Group> = terms
        .dimensions
        .iter()
        .map(|dimension| {
            let ratings: Vec<f64> = gathered
                .rated
                .iter()
                .filter_map(|rated| rated.rating(&dimension.question))
                .collect();
            Group {
                label: Some(title_of(&dimension.question)),
                weight: Some(dimension.weight),
                ..Group::of(&dimension.question, &ratings, None, terms)
            }
        })
        .collect();
    for group in dimensions
        .iter_mut()
        .chain([&mut total])
        .filter(|group| group.is_too_small(minimum))
    {
        group.hide();
    }
    let is_shown = |period: &str| {
        let reached = gathered
            .by_period
            .get(period)
            .is_some_and(|reach| reach.completed >= minimum);
        reached
            && periods
                .iter()
                .any(|group| group.name == period && !group.hidden)
    };
    let mut comments: Vec<Comment> = gathered
        .rated
        .iter()
        .filter(|rated| is_shown(&rated.period))
        .flat_map(|rated| {
            terms.comments.iter().flat_map(|question| {
                let texts = rated.answers.get(question).map(written).unwrap_or_default();
                texts.into_iter().map(|(text, file)| Comment {
                    question: question.clone(),
                    text,
                    file,
                    period: rated.period.clone(),
                })
            })
        })
        .collect();
    // In an order that says nothing of who wrote them, and when.
    comments
        .sort_by(|a, b| (&a.period, &a.question, &a.text).cmp(&(&b.period, &b.question, &b.text)));
    Results {
        survey: terms.id.clone(),
        title,
        anonymous: terms.anonymous,
        declared,
        total,
        periods,
        dimensions,
        tiers,
        comments,
    }
}

/// The text of an answer, or the names of its files with what they are found by.
fn written(answer: &Value) -> Vec<(String, Option<String>)> {
    let file = |file: &Value| {
        let file = file.as_object()?;
        let part = |name: &str| Some(file.get(name)?.as_text()?.to_owned());
        Some((part("name")?, part("content")))
    };
    match answer {
        Value::Text(text) if !text.trim().is_empty() => vec![(text.trim().to_owned(), None)],
        Value::List(files) => files.iter().filter_map(file).collect(),
        _ => Vec::new(),
    }
}

/// The results of a composite: of each year the weighted mean of its parts' scores. A part without a score that can be
/// shown does not count, and how much of the weights is covered is said.
///
/// # Errors
/// When the store fails.
pub async fn composite(
    app: &App,
    tx: &mut dyn Tx,
    programme: &Programme,
    composite: &Composite,
) -> Result<CompositeResults, ApiError> {
    let mut parts = Vec::new();
    for (survey, weight) in &composite.parts {
        if let Some(terms) = programme.survey(survey) {
            parts.push((terms, *weight, gather(app, tx, terms).await?));
        }
    }
    let mut years: Vec<&String> = parts
        .iter()
        .flat_map(|(_, _, all)| all.rated.iter().map(|rated| &rated.year))
        .collect();
    years.sort_unstable();
    years.dedup();
    let all: f64 = parts.iter().map(|(_, weight, _)| weight).sum();
    let year_result = |year: &String| {
        let parts: Vec<PartResult> = parts
            .iter()
            .map(|(terms, weight, gathered)| {
                let of_year = gathered.rated.iter().filter(|rated| rated.year == *year);
                let means: Vec<f64> = of_year.filter_map(|rated| rated.mean(terms)).collect();
                let mut group = Group::of(year, &means, None, terms);
                if group.is_too_small(terms.minimum_n) {
                    group.hide();
                }
                PartResult {
                    survey: terms.id.clone(),
                    weight: *weight,
                    score: group.score,
                    n: group.n,
                }
            })
            .collect();
        let counted: f64 = parts
            .iter()
            .filter(|part| part.score.is_some())
            .map(|part| part.weight)
            .sum();
        let sum: f64 = parts
            .iter()
            .filter_map(|part| Some(part.weight * part.score?))
            .sum();
        YearResult {
            year: year.clone(),
            score: (counted > 0.0).then(|| rounded(sum / counted)),
            covered: rounded(100.0 * counted / all),
            parts,
        }
    };
    Ok(CompositeResults {
        survey: composite.id.clone(),
        years: years.into_iter().map(year_result).collect(),
    })
}

impl Results {
    /// The same as CSV (RFC 4180), a row a group and a row a comment. What a spreadsheet would take for a formula gets
    /// an apostrophe before it.
    #[must_use]
    pub fn csv(&self) -> String {
        let header = "part,name,label,weight,delivered,completed,response_rate,n,hidden,score,satisfied,low,high,index,\
                      share_of_maximum,mean,target,text,file";
        let mut out = String::from(header);
        out.push_str("\r\n");
        let groups = std::iter::once(("total", &self.total))
            .chain(self.periods.iter().map(|group| ("period", group)))
            .chain(self.dimensions.iter().map(|group| ("dimension", group)))
            .chain(self.tiers.iter().map(|group| ("tier", group)));
        for (part, group) in groups {
            let count = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
            let figure = |n: Option<f64>| n.map(|n| n.to_string()).unwrap_or_default();
            let row = [
                part.to_owned(),
                group.name.clone(),
                group.label.clone().unwrap_or_default(),
                figure(group.weight),
                count(group.delivered),
                count(group.completed),
                figure(group.response_rate),
                count(group.n),
                group.hidden.to_string(),
                figure(group.score),
                figure(group.satisfied),
                figure(group.low),
                figure(group.high),
                figure(group.index),
                figure(group.share_of_maximum),
                figure(group.mean),
                group.target.to_owned(),
                String::new(),
                String::new(),
            ];
            row_of(&mut out, &row);
        }
        for comment in &self.comments {
            let mut row: [String; 19] = Default::default();
            row[0] = "comment".to_owned();
            row[1] = comment.period.clone();
            row[2] = comment.question.clone();
            row[17] = comment.text.clone();
            row[18] = comment.file.clone().unwrap_or_default();
            row_of(&mut out, &row);
        }
        out
    }
}

fn row_of(out: &mut String, cells: &[String]) {
    let cell = |text: &String| {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']);
        let text = if formula {
            format!("'{text}")
        } else {
            text.clone()
        };
        match text.contains(['"', ',', '\n', '\r']) || formula {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text,
        }
    };
    out.push_str(&cells.iter().map(cell).collect::<Vec<_>>().join(","));
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(programme: &Programme) -> &SurveyTerms {
        programme.survey("after_closure").unwrap()
    }

    fn declared(terms: &SurveyTerms) -> Declared {
        Declared {
            formula: terms.formula,
            text: String::new(),
            target: terms.target,
            scale: terms.scale,
            satisfied_from: terms.satisfied_from,
            minimum_n: terms.minimum_n,
        }
    }

    /// So many responses in a period, by a tier, with the same rating everywhere.
    fn gathered(all: &[(&str, &str, u32, f64)]) -> Gathered {
        let programme = Programme::load(None).unwrap();
        let mut gathered = Gathered::default();
        for (period, tier, count, rating) in all {
            for reach in [
                gathered.by_period.entry((*period).to_owned()).or_default(),
                gathered.by_tier.entry((*tier).to_owned()).or_default(),
            ] {
                reach.delivered += 2 * count;
                reach.completed += count;
            }
            for place in 0..*count {
                let text = Value::Text(format!("{period} {place}"));
                gathered.rated.push(Rated {
                    period: (*period).to_owned(),
                    year: period[..4].to_owned(),
                    tier: Some((*tier).to_owned()),
                    dimensions: terms(&programme).dimensions.clone(),
                    ratings: vec![Some(*rating); 4],
                    answers: [("suggestion", text)].into_iter().collect(),
                });
            }
        }
        gathered
    }

    fn results(all: &[(&str, &str, u32, f64)]) -> Results {
        let programme = Programme::load(None).unwrap();
        let terms = terms(&programme);
        shown(
            &gathered(all),
            terms,
            declared(terms),
            &str::to_owned,
            String::new(),
        )
    }

    #[test]
    fn the_example_of_thirty_answers_has_three_figures() {
        let programme = Programme::load(None).unwrap();
        let means: Vec<f64> = [(18, 5.0), (9, 4.0), (2, 3.0), (1, 1.0)]
            .into_iter()
            .flat_map(|(count, rating)| std::iter::repeat_n(rating, count))
            .collect();
        let group = Group::of("", &means, None, terms(&programme));
        assert_eq!(
            (group.satisfied, group.share_of_maximum, group.index),
            (Some(90.0), Some(88.7), Some(85.8))
        );
        assert_eq!(
            (group.low, group.high, group.target),
            (Some(74.4), Some(96.5), "met")
        );
        let none = Group::of("", &[], None, terms(&programme));
        assert_eq!((none.score, none.target), (None, "no_data"));
    }

    #[test]
    fn what_is_not_answered_is_in_no_denominator() {
        let programme = Programme::load(None).unwrap();
        let terms = terms(&programme);
        let answers = |text: &str| {
            serde_json::from_str::<Value>(text)
                .unwrap()
                .as_object()
                .cloned()
                .unwrap()
        };
        let some = answers(
            r#"{"attitude": 5, "speed": 3, "solving": 4, "quality": 9, "suggestion": "5"}"#,
        );
        let score = |answers: &Object| score_of(terms, &terms.dimensions, answers);
        assert_eq!(score(&some), Some(78.6));
        assert_eq!(score(&answers(r#"{"suggestion": "More"}"#)), None);
    }

    #[test]
    fn a_small_group_is_hidden_and_another_with_it() {
        let results = results(&[
            ("2026-01", "key", 20, 5.0),
            ("2026-02", "", 3, 1.0),
            ("2026-03", "", 8, 4.0),
        ]);
        let hidden: Vec<_> = results
            .periods
            .iter()
            .map(|g| (g.name.as_str(), g.hidden, g.n))
            .collect();
        assert_eq!(
            hidden,
            [
                ("2026-01", false, Some(20)),
                ("2026-02", true, None),
                ("2026-03", true, None)
            ]
        );
        assert_eq!(results.total.n, Some(31));
        // Eleven without a tier are many enough.
        assert!(results.tiers.iter().all(|group| !group.hidden));
        // Free text of what is hidden is hidden.
        assert!(
            results
                .comments
                .iter()
                .all(|comment| comment.period == "2026-01")
                && results.comments.len() == 20
        );
        let json = serde_json::to_value(&results.periods[1]).unwrap();
        assert!(json["score"].is_null() && json["completed"].is_null() && json["mean"].is_null());
    }

    #[test]
    fn hidden_groups_are_no_small_group_together() {
        let results = results(&[
            ("2026-01", "", 1, 5.0),
            ("2026-02", "", 2, 1.0),
            ("2026-03", "", 6, 4.0),
            ("2026-04", "", 9, 4.0),
        ]);
        let hidden: Vec<_> = results.periods.iter().map(|group| group.hidden).collect();
        assert_eq!(hidden, [true, true, true, false]);
    }

    #[test]
    fn nothing_is_shown_below_the_minimum() {
        let results = results(&[("2026-01", "", 4, 5.0)]);
        let json = serde_json::to_value(&results).unwrap();
        assert!(results.total.hidden && results.comments.is_empty());
        assert!(
            json["dimensions"]
                .as_array()
                .unwrap()
                .iter()
                .all(|group| group["score"].is_null() && group["n"].is_null())
        );
    }

    #[test]
    fn a_spreadsheet_computes_nothing() {
        let mut results = results(&[("2026-01", "", 5, 5.0)]);
        results.comments[0].text = "=HYPERLINK(\"http://x\"), \"you\"".to_owned();
        let csv = results.csv();
        assert!(
            csv.contains("\"'=HYPERLINK(\"\"http://x\"\"), \"\"you\"\"\""),
            "{csv}"
        );
        assert!(
            csv.lines()
                .all(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        );
    }
}
