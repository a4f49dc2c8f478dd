//! From page to page, and to the end.

use super::{Id, Survey};
use crate::definition::Class;

/// How far a survey is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The start page is shown.
    Starting,
    /// Questions are shown.
    Running,
    /// It was completed.
    Completed,
    /// There is nothing to ask.
    Empty,
}

impl State {
    /// The word for it in SurveyJS.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Empty => "empty",
        }
    }
}

/// What is shown: a page, or one element of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Position {
    pub page: Option<Id>,
    pub element: Option<Id>,
}

/// What a customer sees who has completed a survey.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// Markup of the questionnaire in which answers are text; empty where it has none.
    pub html: String,
    /// Where to go next; empty where it does not say.
    pub address: String,
}

impl Survey {
    /// How far it is.
    pub fn state(&self) -> State {
        match self.state {
            State::Running if self.visible_pages().is_empty() => State::Empty,
            state => state,
        }
    }

    fn has_start_page(&self) -> bool {
        self.root.flag("firstPageIsStartPage", false) && self.pages.len() > 1
    }

    pub(super) fn is_start_page(&self, page: Id) -> bool {
        self.has_start_page() && self.pages.first() == Some(&page)
    }

    /// The pages that are visible now, without the start page.
    pub fn visible_pages(&self) -> Vec<Id> {
        let first = usize::from(self.has_start_page());
        let pages = self.pages.get(first..).unwrap_or_default().iter().copied();
        pages.filter(|page| self.is_visible(*page)).collect()
    }

    /// Whether all pages are shown as one.
    pub fn is_single_page(&self) -> bool {
        self.mode() == "singlePage"
    }

    fn mode(&self) -> &str {
        self.root.word("questionsOnPageMode")
    }

    /// Everything that is shown at once, in order.
    pub(super) fn stops(&self) -> Vec<Position> {
        let pages = self.visible_pages();
        let whole = |page: &Id| Position {
            page: Some(*page),
            element: None,
        };
        match self.mode() {
            "singlePage" => pages.first().map(whole).into_iter().collect(),
            "questionPerPage" | "inputPerPage" => {
                let mut stops = Vec::new();
                for page in pages {
                    let mut elements = Vec::new();
                    for child in &self.element(page).children {
                        if self.mode() == "inputPerPage" {
                            self.inputs(*child, &mut elements);
                        } else if self.is_visible(*child) {
                            elements.push(*child);
                        }
                    }
                    stops.extend(elements.into_iter().map(|element| Position {
                        page: Some(page),
                        element: Some(element),
                    }));
                }
                stops
            }
            _ => pages.iter().map(whole).collect(),
        }
    }

    /// The single inputs in an element: cells and parts of what repeats count each.
    fn inputs(&self, id: Id, inputs: &mut Vec<Id>) {
        if !self.is_visible(id) {
            return;
        }
        let entry_or_panel = self.is_entry(id) || self.is_panel(id);
        let before = inputs.len();
        for child in &self.element(id).children {
            self.inputs(*child, inputs);
        }
        if !entry_or_panel && inputs.len() == before {
            inputs.push(id);
        }
    }

    pub(super) fn first_page(&mut self, led: bool) {
        if !led {
            self.position = self.stops().first().copied().unwrap_or_default();
        }
        if self.has_start_page() {
            self.state = State::Starting;
        }
    }

    /// Where the customer is: when that page was hidden, the first one; when that element was, what comes before it, or
    /// else after it.
    fn stop(&self) -> Option<(usize, Vec<Position>)> {
        let stops = self.stops();
        if let Some(at) = stops.iter().position(|stop| *stop == self.position) {
            return Some((at, stops));
        }
        if stops.is_empty() {
            return None;
        }
        let rank = |stop: &Position| {
            let page = stop
                .page
                .and_then(|page| self.pages.iter().position(|other| *other == page));
            (page, stop.element)
        };
        let here = rank(&self.position);
        let alone = self.position.element.is_some();
        let before = stops.iter().rposition(|stop| alone && rank(stop) < here);
        Some((before.unwrap_or(0), stops))
    }

    /// Moves away from what has been hidden.
    pub(super) fn keep_position(&mut self) {
        match self.stop() {
            Some((at, stops)) if stops[at] != self.position => self.position = stops[at],
            None => self.position = Position::default(),
            _ => {}
        }
    }

    /// The page where the customer is; the start page does not count.
    pub fn current_page(&self) -> Option<Id> {
        self.position.page.filter(|page| self.is_visible(*page))
    }

    /// The one element that is shown alone, where elements are shown one by one.
    pub fn current_element(&self) -> Option<Id> {
        self.position.element
    }

    /// The page that is shown first, before anything else is asked.
    pub fn start_page(&self) -> Option<Id> {
        if self.state == State::Starting {
            self.pages.first().copied()
        } else {
            None
        }
    }

    /// Where the customer is and how far there is to go: the number of what is shown from 1, and of how many.
    pub fn progress(&self) -> (usize, usize) {
        match self.stop() {
            Some((at, stops)) => (at + 1, stops.len()),
            None => (0, 0),
        }
    }

    /// Whether nothing comes after this.
    pub fn is_last(&self) -> bool {
        self.stop().is_none_or(|(at, stops)| at + 1 == stops.len())
    }

    /// Whether something comes before this.
    pub fn is_first(&self) -> bool {
        self.stop().is_none_or(|(at, _)| at == 0)
    }

    fn checks_at_end(&self) -> bool {
        self.root.word("checkErrorsMode") == "onComplete"
    }

    /// Checks what is shown now; says whether all is well.
    pub fn check_here(&mut self) -> bool {
        if let Some(page) = self.start_page() {
            return self.check(page);
        }
        if self.is_single_page() {
            let mut well = true;
            for page in self.visible_pages() {
                well &= self.check(page);
            }
            return well;
        }
        match (self.position.element, self.current_page()) {
            (Some(element), _) => self.check(element),
            (None, Some(page)) => self.check(page),
            (None, None) => true,
        }
    }

    /// From the start page to the first one; says whether the start page was well answered.
    pub fn start(&mut self) -> bool {
        if let Some(page) = self.start_page() {
            if !self.check(page) {
                return false;
            }
            self.state = State::Running;
        }
        true
    }

    /// To the next page, or to the end; says whether it went on. Problems are on the questions then.
    pub fn go_on(&mut self) -> bool {
        let Some((at, stops)) = self.stop() else {
            return self.start_page().is_none_or(|page| self.check(page));
        };
        if at + 1 == stops.len() {
            return self.complete();
        }
        if !self.checks_at_end() && !self.check_here() {
            return false;
        }
        if self.is_to_complete() {
            self.clear_at_end();
            return true;
        }
        self.position = stops[at + 1];
        true
    }

    /// To the page before; says whether there is one.
    pub fn go_back(&mut self) -> bool {
        if self.state == State::Starting {
            return false;
        }
        let Some((at, stops)) = self.stop() else {
            return true;
        };
        let skipped = self
            .skips
            .iter()
            .rev()
            .find(|(_, to)| Some(*to) == self.position.page);
        let before = match skipped {
            Some((from, _)) => stops.iter().find(|stop| stop.page == Some(*from)).copied(),
            None => at
                .checked_sub(1)
                .and_then(|before| stops.get(before).copied()),
        };
        match before {
            Some(before) => {
                let mut left = Vec::new();
                if let Some(page) = self.position.page {
                    self.questions_in(page, &mut left);
                }
                for id in left {
                    self.drop_unknown(id);
                }
                self.position = before;
                self.settle();
                true
            }
            None => false,
        }
    }

    /// Goes to the page of a question at once.
    pub(super) fn skip_to(&mut self, id: Id) {
        let page = self.page_of(id);
        let stops = self.stops();
        let of_page = |stop: &&Position| {
            stop.page == Some(page) && stop.element.is_none_or(|element| element == id)
        };
        let Some(stop) = stops.iter().find(of_page).copied() else {
            return;
        };
        if let Some(from) = self.position.page.filter(|from| *from != page) {
            self.skips.push((from, page));
        }
        self.position = stop;
    }

    fn is_to_complete(&self) -> bool {
        // Only what is asked on this page completes the survey when the page is left.
        let mut asked = Vec::new();
        if let Some(page) = self.position.page {
            self.questions_in(page, &mut asked);
        }
        let asked: Vec<String> = asked
            .iter()
            .map(|id| super::spec::first_part(&self.spec(*id).key))
            .collect();
        let mut triggers = self
            .specs
            .triggers
            .iter()
            .filter(|trigger| trigger.node.class() == Class::CompleteTrigger);
        triggers.any(|trigger| {
            let reads = trigger.reads.iter().any(|name| asked.contains(name));
            let condition = trigger.condition.as_ref();
            reads && condition.is_some_and(|condition| self.holds(condition, None, None))
        })
    }

    /// Ends the survey when nothing stands in the way: answers of hidden questions go, as the questionnaire says.
    pub fn complete(&mut self) -> bool {
        if self.state == State::Completed {
            return true;
        }
        if self.state() == State::Empty {
            return false;
        }
        if self.checks_at_end() && self.is_last() {
            let pages = self.visible_pages();
            let wrong: Vec<bool> = pages.iter().map(|page| !self.check(*page)).collect();
            if let Some(first) = wrong.iter().position(|wrong| *wrong) {
                if let Some(stop) = self
                    .stops()
                    .into_iter()
                    .find(|stop| stop.page == Some(pages[first]))
                {
                    self.position = stop;
                }
                return false;
            }
        } else if !self.checks_at_end() && !self.check_here() {
            return false;
        }
        self.clear_at_end();
        true
    }

    /// What is shown at the end, and where to go: the first of those whose condition holds, or those for all.
    pub fn end(&self) -> End {
        let first = |property: &str| {
            let mut nodes = self.root.nodes(property).iter();
            nodes.find(|node| {
                let condition = super::spec::compiled(node.word("expression"));
                condition.is_some_and(|condition| self.holds(&condition, None, None))
            })
        };
        let html = match first("completedHtmlOnCondition") {
            Some(node) => self.words(node.text("html")),
            None => self.words(self.root.text("completedHtml")),
        };
        let address = match first("navigateToUrlOnCondition") {
            Some(node) => self.words(node.text("url")),
            None => self.root.word("navigateToUrl"),
        };
        End {
            html: self.filled_markup(html, None),
            address: self.filled_address(address),
        }
    }
}
