//! Surveys with questionnaires of a test: one with every type of question, gone through by keyboard alone.

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::Key;

use crate::api::complaint;
use crate::browser::Setup;
use crate::words::{Language, Words};
use crate::{Browser, Customer, Options, Page, Server, Window, until};

/// Every type of question, on four pages, in three languages.
pub const EVERY_TYPE: &str = include_str!("questions.json");

const PROGRAMME: &str = r#"
[gates]
transactional_days = 30
relationship_days = 90

[[surveys]]
id = "questions"
kind = "transactional"
questionnaire = "questions.json"
valid_days = 30
change_days = 14
reminder_days = 4
dimensions = [{ question = "rating", weight = 100 }]
scale = [1, 5]
satisfied_from = 4
formula = "satisfied"
target = 90
minimum_n = 3
comments = []
period = "month"

[closure]
survey = "questions"
hours = 24
sample = 100
"#;

const MEMBER: &str = "lin.yijun@mingde.example";

/// Somebody who was asked.
pub struct Asked {
    /// The server with the questionnaire.
    pub server: Server,
    /// Their browser.
    pub browser: Browser,
    /// They themselves.
    pub me: Customer,
    /// The path of the link in their letter.
    pub path: String,
    /// The path of the way out in their letter.
    pub way_out: String,
    folder: TempDir,
}

impl Asked {
    /// Asks somebody by this questionnaire; it has to have a rating that is called `rating`.
    pub async fn by(questionnaire: &str, language: Language, window: Window) -> Self {
        Self::with(questionnaire, language, window, "").await
    }

    /// The same of a server with these lines of configuration besides.
    pub async fn with(questionnaire: &str, language: Language, window: Window, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let programme = folder.path().join("surveys.toml");
        std::fs::write(&programme, PROGRAMME).unwrap();
        std::fs::write(folder.path().join("questions.json"), questionnaire).unwrap();
        let options = Options {
            config: Some(format!("surveys = {programme:?}\n{more}")),
            test_clock: true,
            ..Options::default()
        };
        let server = Server::with(options.and_unlimited()).await;
        let clock = async |now: &str| {
            let set = server.desk().post("/clock").json(&json!({"now": now}));
            set.send().await.expect_status(200);
        };
        clock("2026-03-02T10:00:00+08:00").await;
        let member = server.customer(MEMBER).await;
        let created = member.submit(&complaint("三月的帳單重複扣款", None)).await;
        let id = created.text_at("/request/id");
        let path = format!("/requests/{id}/status");
        let done = server
            .desk()
            .post(&path)
            .json(&json!({"status": "resolved"}));
        done.send().await.expect_status(200);
        clock("2026-03-03T10:00:01+08:00").await;
        let links = until("the letter that asks", || async {
            let letters = server.letters_to(MEMBER);
            let words = letters
                .iter()
                .flat_map(|letter| letter.text.split_whitespace());
            let links =
                words.filter_map(|word| word.find("/surveys/").map(|at| word[at..].to_owned()));
            let links: Vec<String> = links.collect();
            match links.len() {
                0 => Err(format!("{letters:#?}")),
                _ => Ok(links),
            }
        })
        .await;
        let browser = Browser::with(Setup {
            window,
            languages: language.asked,
        })
        .await;
        let me = Customer::new(
            browser.page(),
            Words::of(language),
            &server,
            server.origin(),
        )
        .await;
        let (way_out, path) = links
            .into_iter()
            .partition(|link| link.contains("unsubscribe"));
        let first = |links: Vec<String>| links.into_iter().next().unwrap();
        Self {
            server,
            browser,
            me,
            path: first(path),
            way_out: first(way_out),
            folder,
        }
    }

    /// What the server has of the answers.
    pub async fn answers(&self) -> Value {
        let path = self.path.trim_start_matches("/surveys/");
        let read = self.server.guest().get(&format!("/surveys/{path}"));
        read.send().await.expect_status(200).json["data"].clone()
    }

    /// Waits for a part of [`EVERY_TYPE`], from 1; who went on to it is at its heading.
    pub async fn part(&self, number: usize) {
        let page = &self.me.page;
        let part = [("count", "4"), ("number", &number.to_string())];
        page.see(&self.me.words.with("survey.progress", &part))
            .await;
        if number > 1 {
            let heading = page.heading(crate::Name::Any).nth(0).node().await.name;
            page.focus_on("heading", &heading).await;
        }
    }

    /// Answers every question of the page that is shown, by keyboard alone, up to the button that leads on, which has
    /// the focus then.
    pub async fn fill_by_keyboard(&self) {
        let page = &self.me.page;
        let mut moved = false;
        for _ in 0..300 {
            page.press(Key::Tab).await;
            let at = page.run(AT, vec![]).await;
            let word = |name: &str| at[name].as_str().unwrap_or_default().to_owned();
            let is_empty = at["value"] == "";
            match (word("tag").as_str(), word("type").as_str()) {
                ("BUTTON", "submit") if word("place") == "survey" => return,
                ("INPUT", "radio" | "checkbox") if at["chosen"] == false => {
                    page.press(Key::Space).await
                }
                ("SELECT", _) if word("place") == "survey" => page.press(Key::Down).await,
                ("INPUT", "date" | "datetime-local" | "month" | "week" | "time") => {
                    page.press(Key::Up).await
                }
                ("INPUT", "range") => page.press(Key::Right).await,
                ("INPUT", "email") if is_empty => page.type_text("name@example.com").await,
                ("INPUT", "url") if is_empty => page.type_text("https://example.com/").await,
                ("INPUT", "text") if is_empty && word("keys") == "decimal" => {
                    page.type_text("7").await
                }
                ("INPUT", "text" | "tel" | "password") if is_empty => page.type_text("1234").await,
                ("TEXTAREA", _) if is_empty => page.type_text("謝謝").await,
                ("BUTTON", _) if word("place") == "ranking" && at["last"] == true && !moved => {
                    moved = true;
                    page.press(Key::Enter).await;
                    self.place_is_said(2).await;
                }
                ("BUTTON", _) if word("place") == "drop" && at["files"] == 0 => {
                    let file = self.folder.path().join("photo.png");
                    std::fs::write(&file, self.me.photo("png").await).unwrap();
                    page.choose_files(&[&file]).await;
                    self.me.see("upload.uploaded").await;
                }
                _ => {}
            }
        }
        panic!("no Tab reaches the button that leads on");
    }

    /// Waits until what was moved to a place of the ranking, from 1, is said there.
    async fn place_is_said(&self, number: usize) {
        until("the new place to be said", || async {
            let heard = self.me.page.run(HEARD, vec![json!(number)]).await;
            let moved = heard["moved"].as_str().unwrap_or_default();
            let place = [("name", moved), ("number", &number.to_string())];
            match self.me.words.with("survey.ranked", &place) {
                words if heard["said"] == words => Ok(()),
                words => Err(format!("{heard} and not {words:?}")),
            }
        })
        .await;
    }
}

/// What has the focus, and where it stands.
const AT: &str = "const e = document.activeElement;
    const around = place => e.closest(place) !== null;
    const group = e.type === 'radio' ? [...document.getElementsByName(e.name)] : [e];
    return {
      tag: e.tagName, type: e.type ?? '', keys: e.inputMode, value: e.value ?? '',
      chosen: group.some(one => one.checked),
      place: ['.ranking', '.drop', '.survey'].find(around)?.slice(1) ?? '',
      last: e === e.parentElement.lastElementChild,
      files: document.querySelectorAll('.files > li').length,
    }";

/// What stands at a place of the ranking, from 1, and what was said politely last.
const HEARD: &str = "return {
      moved: document.querySelector(`.ranking li:nth-child(${arguments[0]}) span`).textContent,
      said: document.getElementById('live-polite').textContent,
    }";

/// Walks through a survey with every type of question in one language and hands each state to `show`, by its name.
pub async fn walk(language: Language, mut show: impl AsyncFnMut(&'static str, &Page)) {
    const PAGES: [[&str; 3]; 4] = [
        [
            "questions-choices",
            "questions-choices-errors",
            "questions-choices-filled",
        ],
        [
            "questions-words",
            "questions-words-errors",
            "questions-words-filled",
        ],
        [
            "questions-rows",
            "questions-rows-errors",
            "questions-rows-filled",
        ],
        [
            "questions-others",
            "questions-others-errors",
            "questions-others-filled",
        ],
    ];
    let asked = Asked::by(EVERY_TYPE, language, Window::Wide).await;
    let me = &asked.me;
    me.open(&format!("{}?plain&lang={}", asked.path, language.tag))
        .await;
    me.page.heading(crate::Name::Any).nth(0).wait().await;
    show("plain", &me.page).await;
    me.page
        .run("document.forms[0].requestSubmit()", vec![])
        .await;
    me.page.by("alert", crate::Name::Any).wait().await;
    show("plain-errors", &me.page).await;
    me.open(&asked.path).await;
    for (place, [empty, wrong, filled]) in PAGES.into_iter().enumerate() {
        let on = if place == 3 {
            "survey.send"
        } else {
            "form.continue"
        };
        asked.part(place + 1).await;
        show(empty, &me.page).await;
        me.press(on).await;
        me.see("problem.title").await;
        show(wrong, &me.page).await;
        asked.fill_by_keyboard().await;
        show(filled, &me.page).await;
        me.press(on).await;
    }
    me.see("survey.sent").await;
    show("questions-sent", &me.page).await;
    me.open(&format!("{}?plain&lang={}&sent", asked.path, language.tag))
        .await;
    me.page.heading(crate::Name::Any).nth(0).wait().await;
    show("plain-sent", &me.page).await;
    me.open(&format!("{}?lang={}", asked.way_out, language.tag))
        .await;
    let button = || me.page.button(crate::Name::Any).nth(0);
    button().wait().await;
    show("unsubscribe", &me.page).await;
    button().click().await;
    me.page.by("status", crate::Name::Any).wait().await;
    show("unsubscribed", &me.page).await;
    me.open(&format!(
        "/surveys/nobody-knows?plain&lang={}",
        language.tag
    ))
    .await;
    me.page.heading(crate::Name::Any).nth(0).wait().await;
    show("plain-unknown", &me.page).await;
}
