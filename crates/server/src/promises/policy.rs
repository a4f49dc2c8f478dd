//! What a company promises and what its customers may do about it: one TOML file.

use crate::catalogue::Localized;
use axum::http::Uri;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use portico_contract::{
    Word,
    form::is_email,
    lifecycle::Rules,
    locale::Locale,
    promise::{Goal, PauseReason, Standard, StandardPromise, Unit},
    request::{Class, Grade, Kind, StepKey},
};
use portico_promise::Calendar;
use serde::{Deserialize, Serialize, de};
use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    time::SystemTime,
};
use toml::Spanned;

/// The file that `portico init` writes, and what holds without one.
pub const DEFAULT_FILE: &str = include_str!("../../policy.toml");

/// Hours after which a customer is reminded, where the file does not say.
const CUSTOMER_HOURS: i64 = 72;
/// No time is longer: ten years, in hours, days, working hours and working days.
const HOURS_MAX: u32 = 87_600;
const DAYS_MAX: u32 = 3_650;
const WORKING_HOURS_MAX: u32 = 20_000;
const WORKING_DAYS_MAX: u32 = 2_500;
/// More people follow no request, and nobody asks more often.
const COUNT_MAX: u32 = 1_000;

/// What happens to a request, as a policy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It came in, or was reopened.
    Received,
    /// The desk says that a stage begins; nothing else raises it.
    Declared,
    /// The desk wrote to the customer.
    Reply,
    /// Somebody began to work on it.
    WorkStarted,
    /// A step was reached.
    Step(StepKey),
    /// The desk proposed a solution.
    Proposal,
    /// The customer agreed to it.
    ProposalAccepted,
    /// The customer did not.
    ProposalDeclined,
    /// The result was explained.
    Explained,
    /// The desk said that it is done.
    Resolved,
    /// It is finished.
    Closed,
    /// The customer took it back.
    Withdrawn,
    /// The desk waits for the customer.
    WaitingForCustomer,
    /// The desk waits for a partner.
    WaitingForThirdParty,
    /// It no longer waits.
    WaitingOver,
    /// The customer asked where it is.
    Chased,
    /// The customer escalated it.
    Escalated,
    /// The customer asked for a second review.
    ReviewAsked,
}

const EVENTS: [(&str, Event); 17] = [
    ("received", Event::Received),
    ("declared", Event::Declared),
    ("reply", Event::Reply),
    ("work_started", Event::WorkStarted),
    ("proposal", Event::Proposal),
    ("proposal_accepted", Event::ProposalAccepted),
    ("proposal_declined", Event::ProposalDeclined),
    ("explained", Event::Explained),
    ("resolved", Event::Resolved),
    ("closed", Event::Closed),
    ("withdrawn", Event::Withdrawn),
    ("waiting_for_customer", Event::WaitingForCustomer),
    ("waiting_for_third_party", Event::WaitingForThirdParty),
    ("waiting_over", Event::WaitingOver),
    ("chased", Event::Chased),
    ("escalated", Event::Escalated),
    ("review_asked", Event::ReviewAsked),
];
const STEP: &str = "step:";

impl Event {
    /// Why a clock stands still that this event stops.
    #[must_use]
    pub fn pause_reason(self) -> PauseReason {
        match self {
            Self::WaitingForCustomer => PauseReason::WaitingForCustomer,
            Self::WaitingForThirdParty => PauseReason::WaitingForThirdParty,
            _ => PauseReason::OnHold,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(key) => write!(f, "{STEP}{key}"),
            event => {
                let named = EVENTS.iter().find(|(_, other)| other == event);
                f.write_str(named.map_or("", |(name, _)| name))
            }
        }
    }
}

impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(EventWord)
    }
}

/// Reads an event where it stands: a request that is read has dozens of them.
struct EventWord;

impl de::Visitor<'_> for EventWord {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Event, E> {
        let step = word.strip_prefix(STEP).map(StepKey::from_word);
        match (step, EVENTS.iter().find(|(name, _)| *name == word)) {
            (Some(key), _) if key.is_known() => Ok(Event::Step(key)),
            (_, Some((_, event))) => Ok(*event),
            _ => Err(de::Error::custom(format!("{word:?} is no event"))),
        }
    }
}

/// What one promise says. A request keeps the terms under which it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What the policy calls it.
    pub key: String,
    /// Its name.
    pub label: Localized,
    /// How much time.
    pub goal: Goal,
    /// Later in the day counts as the next working day.
    pub cutoff: Option<NaiveTime>,
    /// On which calendar.
    pub calendar: String,
    /// What starts its clock.
    pub starts: Event,
    /// What keeps it.
    pub meets: Vec<Event>,
    /// What stops its clock.
    pub pauses: Vec<Event>,
    /// What lets it run again.
    pub resumes: Vec<Event>,
    /// After what it is no longer owed.
    pub voids: Vec<Event>,
    /// The customer is not shown it.
    pub internal: bool,
}

/// A promise and the requests that it is given to.
#[derive(Debug)]
struct Rule {
    kinds: Option<Vec<Kind>>,
    class: Option<Vec<Class>>,
    grade: Option<Vec<Grade>>,
    tiers: Option<Vec<String>>,
    terms: Terms,
}

/// What a policy looks at to choose.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What it is about.
    pub kind: Kind,
    /// How much work it is.
    pub class: Class,
    /// How grave it is.
    pub grade: Grade,
    /// The customer's tier.
    pub tier: Option<&'a str>,
}

/// Who decides outside the company.
#[derive(Debug)]
pub struct OutsideBody {
    /// What it is called.
    pub name: Localized,
    /// What is to be known about it.
    pub text: Localized,
    /// Its page.
    pub url: Option<String>,
    /// Its telephone number.
    pub phone: Option<String>,
}

/// Letters that remind.
#[derive(Debug, Clone)]
pub struct Reminders {
    /// How long before a date the desk is written to.
    before: TimeDelta,
    /// The desk's address; `None`: no letters to it.
    pub desk: Option<String>,
    /// How long a request waits for its customer before they are reminded; `None`: they never are.
    pub customer_after: Option<TimeDelta>,
}

/// The whole policy.
#[derive(Debug)]
pub struct Policy {
    rules: Vec<Rule>,
    calendars: BTreeMap<String, Calendar>,
    /// On which one promises are counted that name no other.
    pub usual_calendar: String,
    /// What customers may do.
    pub rights: Rules,
    /// To whom they can escalate, in order.
    pub escalation: Vec<Localized>,
    /// Who makes a second review.
    pub reviewer: Option<Localized>,
    /// Who decides outside the company.
    pub outside_body: Option<OutsideBody>,
    /// Letters that remind.
    pub reminders: Reminders,
    /// The files that it was read from.
    pub files: Stamps,
}

/// Files, and when each last changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamps(Vec<(PathBuf, Option<SystemTime>)>);

impl Stamps {
    /// Of these files, as they are now.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(files.into_iter().map(stamp).collect())
    }

    /// With more files.
    pub fn append(&mut self, mut more: Self) {
        self.0.append(&mut more.0);
    }

    /// The same files as they are now.
    #[must_use]
    pub fn now(&self) -> Self {
        Self(self.0.iter().map(|(path, _)| stamp(path.clone())).collect())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    calendar: Spanned<String>,
    #[serde(default)]
    calendars: Vec<OwnCalendar>,
    rights: Rights,
    #[serde(default)]
    escalation: Vec<Level>,
    review: Option<Review>,
    outside_body: Option<RawOutsideBody>,
    #[serde(default)]
    reminders: RawReminders,
    #[serde(default)]
    promises: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnCalendar {
    id: String,
    file: Spanned<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rights {
    reopen_days: Spanned<i64>,
    chase_hours: Spanned<i64>,
    chase_limit: Spanned<i64>,
    followers: Spanned<i64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawReminders {
    hours_before: Option<Spanned<i64>>,
    desk: Option<Spanned<String>>,
    customer_hours: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    to: Spanned<Localized>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Review {
    days: Spanned<i64>,
    by: Spanned<Localized>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutsideBody {
    name: Spanned<Localized>,
    text: Spanned<Localized>,
    url: Option<Spanned<String>>,
    phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    key: Spanned<String>,
    label: Spanned<Localized>,
    kinds: Option<Spanned<Vec<Spanned<Kind>>>>,
    class: Option<Spanned<Vec<Spanned<Class>>>>,
    grade: Option<Spanned<Vec<Spanned<Grade>>>>,
    tiers: Option<Spanned<Vec<String>>>,
    goal: Spanned<String>,
    calendar: Option<Spanned<String>>,
    cutoff: Option<Spanned<String>>,
    #[serde(default = "received")]
    starts: Event,
    #[serde(default)]
    meets: Vec<Event>,
    #[serde(default)]
    pauses: Vec<Event>,
    #[serde(default = "waiting_over")]
    resumes: Vec<Event>,
    #[serde(default = "withdrawn")]
    voids: Vec<Event>,
    #[serde(default)]
    internal: bool,
}

fn received() -> Event {
    Event::Received
}

fn waiting_over() -> Vec<Event> {
    vec![Event::WaitingOver]
}

fn withdrawn() -> Vec<Event> {
    vec![Event::Withdrawn]
}

/// What is wrong, and where in the file.
pub(crate) struct Wrong(pub(crate) Range<usize>, pub(crate) String);

impl Wrong {
    /// A sentence for the operator that names the file and the line.
    pub(crate) fn told(self, text: &str, file: &Path) -> String {
        let line = text[..self.0.start.min(text.len())].matches('\n').count() + 1;
        format!("{}, line {line}: {}", file.display(), self.1)
    }
}

impl Policy {
    /// Reads the file, or takes what comes along without one.
    ///
    /// # Errors
    /// A sentence for the operator that names the place.
    pub fn load(file: Option<&Path>) -> Result<Self, String> {
        let Some(file) = file else {
            return Self::read(DEFAULT_FILE, Path::new("policy.toml"));
        };
        // Before it is read: what changes in between is seen as a change.
        let read = stamp(file.to_owned());
        let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut policy = Self::read(&text, file)?;
        policy.files.0.insert(0, read);
        Ok(policy)
    }

    fn read(text: &str, file: &Path) -> Result<Self, String> {
        let place = file.display();
        let raw: File = toml::from_str(text).map_err(|e| format!("{place}: {e}"))?;
        Self::build(raw, file).map_err(|wrong| wrong.told(text, file))
    }

    fn build(raw: File, file: &Path) -> Result<Self, Wrong> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let mut stamps = Vec::new();
        let mut calendars: BTreeMap<_, _> = Calendar::built_in_ids()
            .filter_map(|id| Some((id.to_owned(), Calendar::built_in(id)?)))
            .collect();
        for own in raw.calendars {
            let path = folder.join(own.file.get_ref());
            let wrong = |e: String| Wrong(own.file.span(), format!("{}: {e}", path.display()));
            stamps.push(stamp(path.clone()));
            let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
            let calendar = Calendar::from_file(&own.id, &text).map_err(|e| wrong(e.to_string()))?;
            calendars.insert(own.id, calendar);
        }
        let known = |id: &Spanned<String>| match calendars.contains_key(id.get_ref()) {
            true => Ok(()),
            false => {
                let ids: Vec<&str> = calendars.keys().map(String::as_str).collect();
                let words = format!(
                    "no calendar {:?}; known are {}",
                    id.get_ref(),
                    ids.join(", ")
                );
                Err(Wrong(id.span(), words))
            }
        };
        known(&raw.calendar)?;
        let mut rules: Vec<Rule> = Vec::new();
        for rule in raw.promises {
            rule.calendar.as_ref().map_or(Ok(()), known)?;
            let at = rule.key.span();
            let rule = rule.build(raw.calendar.get_ref())?;
            if rule.is_hidden_by(&rules) {
                let words = format!(
                    "no request gets this promise: those before it with the key {:?} fit all that it fits; put the \
                     special ones first",
                    rule.terms.key
                );
                return Err(Wrong(at, words));
            }
            rules.push(rule);
        }
        let days = |name, days: &Spanned<i64>| {
            whole(name, days, DAYS_MAX).map(|days| TimeDelta::days(days.into()))
        };
        let review = raw.review.map(|Review { days: within, by }| {
            let by = text("by", by)?;
            Ok((days("days", &within)?, by))
        });
        let (review_window, reviewer) = review.transpose()?.unzip();
        let escalation: Vec<_> = raw
            .escalation
            .into_iter()
            .map(|level| text("to", level.to))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            rules,
            calendars,
            usual_calendar: raw.calendar.into_inner(),
            rights: Rules {
                reopen_window: days("reopen_days", &raw.rights.reopen_days)?,
                chase_gap: hours("chase_hours", &raw.rights.chase_hours)?,
                chase_limit: whole("chase_limit", &raw.rights.chase_limit, COUNT_MAX)?,
                escalation_levels: u32::try_from(escalation.len()).unwrap_or(u32::MAX),
                review_window,
                follow_limit: whole("followers", &raw.rights.followers, COUNT_MAX)?,
            },
            escalation,
            reviewer,
            outside_body: raw.outside_body.map(RawOutsideBody::build).transpose()?,
            reminders: raw.reminders.build()?,
            files: Stamps(stamps),
        })
    }

    /// A calendar by its id.
    #[must_use]
    pub fn calendar(&self, id: &str) -> Option<&Calendar> {
        self.calendars.get(id)
    }

    /// What is promised in a case: of each key the first rule that fits.
    pub fn terms(&self, case: Case<'_>) -> Vec<&Terms> {
        let mut chosen: Vec<&Terms> = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.fits(case)) {
            if chosen.iter().all(|terms| terms.key != rule.terms.key) {
                chosen.push(&rule.terms);
            }
        }
        chosen
    }

    /// What every customer is promised, for requests of these kinds: kinds of which the same holds stand together, and
    /// what holds for all has none.
    #[must_use]
    pub fn standards(&self, kinds: &[Kind], locale: Locale) -> Vec<Standard> {
        let told = self.rules.iter();
        let told = told.filter(|rule| rule.tiers.is_none() && !rule.terms.internal);
        let (some, all): (Vec<_>, Vec<_>) = told.partition(|rule| rule.kinds.is_some());
        let mut standards: Vec<Standard> = Vec::new();
        for &kind in kinds {
            let about = |rule: &&&Rule| rule.kinds.iter().flatten().any(|k| *k == kind);
            let promises: Vec<_> = some.iter().filter(about).map(|r| r.shown(locale)).collect();
            let same = standards.iter_mut().find(|s| s.promises == promises);
            match same {
                _ if promises.is_empty() => {}
                Some(same) => same.kinds.push(kind),
                None => standards.push(Standard {
                    kinds: vec![kind],
                    promises,
                }),
            }
        }
        let promises: Vec<_> = all.iter().map(|rule| rule.shown(locale)).collect();
        if !promises.is_empty() {
            let kinds = Vec::new();
            standards.push(Standard { kinds, promises });
        }
        standards
    }

    /// Whether the calendars in use are known still.
    ///
    /// # Errors
    /// A sentence that names a calendar that has ended.
    pub fn check_reach(&self, now: DateTime<Utc>) -> Result<(), String> {
        for rule in &self.rules {
            let Some(calendar) = self.calendars.get(&rule.terms.calendar) else {
                continue;
            };
            let ends = *calendar.known().end();
            if ends < calendar.date_of(now) {
                return Err(format!(
                    "the calendar {:?} ends on {ends}, before today; bring one that is known for longer (docs/calendars.md)",
                    calendar.id()
                ));
            }
        }
        Ok(())
    }

    /// How long before a date the desk is reminded; `None`: it has no address.
    #[must_use]
    pub fn remind_before(&self) -> Option<TimeDelta> {
        self.reminders.desk.as_ref().map(|_| self.reminders.before)
    }
}

fn stamp(path: PathBuf) -> (PathBuf, Option<SystemTime>) {
    let changed = std::fs::metadata(&path).and_then(|file| file.modified());
    (path, changed.ok())
}

impl Rule {
    fn shown(&self, locale: Locale) -> StandardPromise {
        StandardPromise {
            label: self.terms.label.get(locale).to_owned(),
            goal: self.terms.goal.clone(),
            grades: self.grade.clone().unwrap_or_default(),
            classes: self.class.clone().unwrap_or_default(),
        }
    }

    fn fits(&self, case: Case<'_>) -> bool {
        let among = |tiers: &Vec<String>| tiers.iter().any(|tier| Some(tier.as_str()) == case.tier);
        self.kinds.as_ref().is_none_or(|k| k.contains(&case.kind))
            && self.class.as_ref().is_none_or(|c| c.contains(&case.class))
            && self.grade.as_ref().is_none_or(|g| g.contains(&case.grade))
            && self.tiers.as_ref().is_none_or(among)
    }

    /// Whether every case that it fits is taken by one before it with the same key.
    fn is_hidden_by(&self, before: &[Self]) -> bool {
        let before: Vec<_> = before
            .iter()
            .filter(|rule| rule.terms.key == self.terms.key)
            .collect();
        let named = before
            .iter()
            .copied()
            .chain([self])
            .filter_map(|rule| rule.tiers.as_ref());
        let tiers: Vec<_> = named
            .flatten()
            .map(|tier| Some(tier.as_str()))
            .chain([None])
            .collect();
        let cases = Kind::ALL.iter().flat_map(|&kind| {
            Class::ALL
                .iter()
                .flat_map(move |&class| Grade::ALL.iter().map(move |&grade| (kind, class, grade)))
        });
        let mut cases = cases.flat_map(|(kind, class, grade)| {
            tiers.iter().map(move |&tier| Case {
                kind,
                class,
                grade,
                tier,
            })
        });
        cases.all(|case| !self.fits(case) || before.iter().any(|rule| rule.fits(case)))
    }
}

impl RawReminders {
    fn build(self) -> Result<Reminders, Wrong> {
        if let Some(desk) = self.desk.as_ref().filter(|desk| !is_email(desk.get_ref())) {
            let words = format!("{:?} is not an e-mail address", desk.get_ref());
            return Err(Wrong(desk.span(), words));
        }
        let given = |name, time: &Option<Spanned<i64>>| {
            time.as_ref().map(|time| hours(name, time)).transpose()
        };
        let customer = given("customer_hours", &self.customer_hours)?;
        let customer = customer.unwrap_or(TimeDelta::hours(CUSTOMER_HOURS));
        Ok(Reminders {
            before: given("hours_before", &self.hours_before)?.unwrap_or_default(),
            desk: self.desk.map(Spanned::into_inner),
            customer_after: (customer > TimeDelta::zero()).then_some(customer),
        })
    }
}

impl RawOutsideBody {
    fn build(self) -> Result<OutsideBody, Wrong> {
        let is_page = |url: &str| {
            let uri = url.parse::<Uri>();
            uri.is_ok_and(|uri| {
                uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https"))
            })
        };
        if let Some(url) = self.url.as_ref().filter(|url| !is_page(url.get_ref())) {
            let words = format!(
                "{:?} is no page such as https://www.example.org",
                url.get_ref()
            );
            return Err(Wrong(url.span(), words));
        }
        Ok(OutsideBody {
            name: text("name", self.name)?,
            text: text("text", self.text)?,
            url: self.url.map(Spanned::into_inner),
            phone: self.phone,
        })
    }
}

impl RawRule {
    fn build(self, calendar: &str) -> Result<Rule, Wrong> {
        let key = self.key.get_ref();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if key.is_empty() || !key.chars().all(plain) {
            let words = format!("the key {key:?} is not of small letters, digits and _ alone");
            return Err(Wrong(self.key.span(), words));
        }
        let goal = goal(&self.goal)?;
        if let Some(cutoff) = self
            .cutoff
            .as_ref()
            .filter(|_| goal.unit != Unit::WorkingDays)
        {
            let words = "a cutoff is for goals in working days; this one is in hours".to_owned();
            return Err(Wrong(cutoff.span(), words));
        }
        let cutoff = self
            .cutoff
            .map(|text| {
                let parsed = NaiveTime::parse_from_str(text.get_ref(), "%H:%M");
                parsed.map_err(|_| {
                    Wrong(
                        text.span(),
                        format!("{:?} is no time such as 17:00", text.get_ref()),
                    )
                })
            })
            .transpose()?;
        Ok(Rule {
            kinds: words("kinds", self.kinds, Kind::ALL)?,
            class: words("class", self.class, Class::ALL)?,
            grade: words("grade", self.grade, Grade::ALL)?,
            tiers: list("tiers", self.tiers)?,
            terms: Terms {
                goal,
                key: self.key.into_inner(),
                label: text("label", self.label)?,
                cutoff,
                calendar: self
                    .calendar
                    .map_or_else(|| calendar.to_owned(), Spanned::into_inner),
                starts: self.starts,
                meets: self.meets,
                pauses: self.pauses,
                resumes: self.resumes,
                voids: self.voids,
                internal: self.internal,
            },
        })
    }
}

/// A whole number that is not negative, as TOML's may be.
fn whole(name: &str, number: &Spanned<i64>, most: u32) -> Result<u32, Wrong> {
    let fits = u32::try_from(*number.get_ref())
        .ok()
        .filter(|number| *number <= most);
    fits.ok_or_else(|| {
        let words = format!("{name} = {} is not from 0 to {most}", number.get_ref());
        Wrong(number.span(), words)
    })
}

fn hours(name: &str, number: &Spanned<i64>) -> Result<TimeDelta, Wrong> {
    whole(name, number, HOURS_MAX).map(|hours| TimeDelta::hours(hours.into()))
}

/// A text that says something in every language.
fn text(name: &str, text: Spanned<Localized>) -> Result<Localized, Wrong> {
    let mut locales = Locale::ALL.iter();
    match locales.find(|locale| text.get_ref().get(**locale).trim().is_empty()) {
        Some(locale) => Err(Wrong(
            text.span(),
            format!("{name} says nothing in {locale}"),
        )),
        None => Ok(text.into_inner()),
    }
}

/// A list that is absent or names something.
fn list<T>(name: &str, list: Option<Spanned<Vec<T>>>) -> Result<Option<Vec<T>>, Wrong> {
    match list {
        Some(empty) if empty.get_ref().is_empty() => {
            let words =
                format!("{name} names nothing, so that no request fits; leave it out for any");
            Err(Wrong(empty.span(), words))
        }
        list => Ok(list.map(Spanned::into_inner)),
    }
}

/// A list of words, each of which is known.
fn words<T: Word + Copy + fmt::Display>(
    name: &str,
    words: Option<Spanned<Vec<Spanned<T>>>>,
    all: &[T],
) -> Result<Option<Vec<T>>, Wrong> {
    let Some(list) = list(name, words)? else {
        return Ok(None);
    };
    if let Some(unknown) = list.iter().find(|word| !word.get_ref().is_known()) {
        let known: Vec<String> = all.iter().map(ToString::to_string).collect();
        let words = format!("unknown word; known are {}", known.join(", "));
        return Err(Wrong(unknown.span(), words));
    }
    Ok(Some(list.into_iter().map(Spanned::into_inner).collect()))
}

fn goal(text: &Spanned<String>) -> Result<Goal, Wrong> {
    let wrong = |words: &str| {
        Wrong(
            text.span(),
            format!("the goal {:?} {words}", text.get_ref()),
        )
    };
    let (amount, unit) = text.get_ref().split_once(' ').unwrap_or_default();
    let unit = match unit.trim().trim_end_matches('s') {
        "hour" => Unit::Hours,
        "working hour" => Unit::WorkingHours,
        "working day" => Unit::WorkingDays,
        _ => {
            return Err(wrong(
                "is not like \"24 hours\", \"8 working hours\" or \"3 working days\"",
            ));
        }
    };
    let most = match unit {
        Unit::WorkingDays => WORKING_DAYS_MAX,
        Unit::WorkingHours => WORKING_HOURS_MAX,
        Unit::Hours | Unit::Unknown => HOURS_MAX,
    };
    match amount.parse::<i64>() {
        Ok(amount) if amount <= 0 => Err(wrong("is not longer than nothing")),
        Ok(amount) => match u32::try_from(amount) {
            Ok(amount) if amount <= most => Ok(Goal { amount, unit }),
            _ => Err(wrong("is longer than ten years")),
        },
        Err(_) => Err(wrong("does not begin with a whole number")),
    }
}

/// Also what other tests begin with.
#[cfg(test)]
pub mod tests {
    use super::*;

    /// What comes along.
    pub fn default_policy() -> Policy {
        Policy::load(None).unwrap()
    }

    /// What a file says.
    pub fn read(text: &str) -> Policy {
        Policy::read(text, Path::new("policy.toml")).unwrap()
    }

    #[test]
    fn what_comes_along_promises_what_the_service_policies_ask() {
        let policy = default_policy();
        let promised = |kind, class, grade, tier| {
            let case = Case {
                kind,
                class,
                grade,
                tier,
            };
            let terms = policy
                .terms(case)
                .into_iter()
                .filter(|t| t.starts == Event::Received);
            terms
                .map(|t| format!("{} {} {}", t.key, t.goal.amount, t.goal.unit))
                .collect::<Vec<_>>()
                .join(", ")
        };
        for (kind, class, grade, tier, expected) in [
            (
                Kind::Complaint,
                Class::General,
                Grade::Regular,
                None,
                "acknowledgement 24 hours, preliminary_opinion 3 working_days, formal_reply 15 working_days",
            ),
            (
                Kind::Fault,
                Class::General,
                Grade::Regular,
                None,
                "first_reply 24 hours, solution 3 working_days",
            ),
            (
                Kind::Fault,
                Class::Complex,
                Grade::Regular,
                None,
                "first_reply 24 hours, plan 5 working_days",
            ),
            (
                Kind::Fault,
                Class::General,
                Grade::Urgent,
                None,
                "first_reply 2 hours, diagnosis 4 hours, solution 3 working_days",
            ),
            (
                Kind::Consultation,
                Class::General,
                Grade::Regular,
                None,
                "first_reply 24 hours, solution 48 hours",
            ),
            (
                Kind::Training,
                Class::General,
                Grade::Regular,
                Some("key"),
                "first_reply 8 hours, solution 72 hours",
            ),
            (
                Kind::Suggestion,
                Class::General,
                Grade::Regular,
                None,
                "first_reply 24 hours",
            ),
        ] {
            assert_eq!(promised(kind, class, grade, tier), expected, "{kind}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let with = |what: &str, instead: &str| {
            let text = DEFAULT_FILE.replacen(what, instead, 1);
            assert_ne!(text, DEFAULT_FILE, "{what}");
            let line = text
                .lines()
                .position(|l| l.contains(instead.lines().last().unwrap()))
                .unwrap()
                + 1;
            (
                Policy::read(&text, Path::new("policy.toml")).unwrap_err(),
                line,
            )
        };
        for (what, instead, words) in [
            (
                "kinds = [\"complaint\"]",
                "kinds = [\"complaints\"]",
                "unknown word; known are fault, ",
            ),
            (
                "goal = \"15 working days\"",
                "goal = \"-15 working days\"",
                "is not longer than nothing",
            ),
            (
                "goal = \"15 working days\"",
                "goal = \"15 days\"",
                "is not like",
            ),
            (
                "calendar = \"CN\"",
                "calendar = \"XX\"",
                "no calendar \"XX\"; known are CN, GB-ENG",
            ),
            (
                "starts = \"declared\"",
                "starts = \"announced\"",
                "\"announced\" is no event",
            ),
            ("key = \"plan\"", "key = \"Der Plan\"", "small letters"),
            (
                "starts = \"declared\"",
                "cutoff = \"25:00\"",
                "no time such as 17:00",
            ),
            (
                "reopen_days = 14",
                "reopen_days = -1",
                "reopen_days = -1 is not from 0 to 3650",
            ),
            (
                "followers = 10",
                "followers = 1001",
                "followers = 1001 is not from 0 to 1000",
            ),
            (
                "days = 30",
                "days = -30",
                "days = -30 is not from 0 to 3650",
            ),
            (
                "hours_before = 4",
                "hours_before = -4",
                "hours_before = -4 is not from 0 to 87600",
            ),
            (
                "goal = \"15 working days\"",
                "goal = \"2501 working days\"",
                "is longer than ten years",
            ),
            (
                "goal = \"24 hours\"",
                "goal = \"87601 hours\"",
                "is longer than ten years",
            ),
            (
                "goal = \"24 hours\"",
                "goal = \"24 hours\"\ncutoff = \"17:00\"",
                "a cutoff is for goals in working days; this one is in hours",
            ),
            (
                "label = { en = \"Our first opinion\"",
                "label = { en = \" \"",
                "label says nothing in en",
            ),
            (
                "by = { en = \"somebody who did not handle it before\"",
                "by = { en = \"\"",
                "by says nothing in en",
            ),
            (
                "zh-Hans = \"团队负责人\"",
                "zh-Hans = \"\"",
                "to says nothing in zh-Hans",
            ),
            (
                "kinds = [\"complaint\"]",
                "kinds = []",
                "kinds names nothing",
            ),
            ("tiers = [\"key\"]", "tiers = []", "tiers names nothing"),
            (
                "url = \"https://www.12315.cn\"",
                "url = \"javascript:alert(1)\"",
                "\"javascript:alert(1)\" is no page such as",
            ),
            (
                "url = \"https://www.12315.cn\"",
                "url = \"www.12315.cn\"",
                "\"www.12315.cn\" is no page such as",
            ),
            (
                "customer_hours = 72",
                "customer_hours = -1",
                "-1 is not from 0 to 87600",
            ),
            (
                "customer_hours = 72",
                "customer_hours = \"three days\"",
                "customer_hours",
            ),
            (
                "customer_hours = 72",
                "customer_hours = 87601",
                "87601 is not from 0 to 87600",
            ),
            (
                "#: desk = \"desk@example.com\"",
                "desk = \"the desk\"",
                "\"the desk\" is not an e-mail address",
            ),
            (
                "starts = \"declared\"",
                "begins = \"declared\"",
                "unknown field",
            ),
        ] {
            let (error, line) = with(what, instead);
            assert!(error.contains(words), "{error}");
            assert!(error.contains(&format!("line {line}")), "{line}: {error}");
        }
        let (error, _) = with(
            "calendar = \"CN\"",
            "calendar = \"CN\"\n[[calendars]]\nid = \"mine\"\nfile = \"nowhere.json\"",
        );
        assert!(error.contains("nowhere.json"), "{error}");
    }

    #[test]
    fn a_promise_that_no_request_gets_is_named() {
        let hidden = |promises: &[&str]| {
            let (rights, _) = DEFAULT_FILE.split_once("[[promises]]").unwrap();
            let promise = |fits: &&str| {
                let words = "{ en = \"One\", zh-Hans = \"一\", zh-Hant = \"一\" }";
                format!("[[promises]]\nkey = \"one\"\nlabel = {words}\ngoal = \"1 hour\"\n{fits}\n")
            };
            let promises: String = promises.iter().map(promise).collect();
            let read = Policy::read(&format!("{rights}{promises}"), Path::new("policy.toml"));
            read.is_err_and(|error| error.contains("no request gets this promise"))
        };
        let every_grade = [
            "grade = [\"major\", \"urgent\"]",
            "grade = [\"regular\", \"special\"]",
            "class = [\"complex\"]",
        ];
        assert!(hidden(&["", "kinds = [\"fault\"]"]));
        assert!(hidden(&every_grade));
        assert!(hidden(&["tiers = [\"key\"]", "tiers = [\"key\"]"]));
        assert!(!hidden(&["kinds = [\"fault\"]", ""]));
        assert!(!hidden(&every_grade[1..]));
        assert!(!hidden(&[
            "tiers = [\"key\"]",
            "tiers = [\"key\", \"new\"]"
        ]));
        assert!(!hidden(&["tiers = [\"key\"]", "kinds = [\"fault\"]"]));
    }

    #[test]
    fn events_are_read_as_they_are_written() {
        for (_, event) in EVENTS {
            let text = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        }
        let step = Event::Step(StepKey::Handled);
        assert_eq!(serde_json::to_string(&step).unwrap(), "\"step:handled\"");
        assert!(serde_json::from_str::<Event>("\"step:nowhere\"").is_err());
    }
}
