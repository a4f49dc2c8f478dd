//! A customer in front of the portal: what people do there, in the words of their language.

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::page::has;
use crate::words::Words;
use crate::{Api, Found, Page, Server, until};

/// The complaint that the journeys send.
pub const TYPE: &str = "billing-complaint";

/// What was handed out after sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    /// `PT-...`
    pub reference: String,
    /// Empty for somebody who is signed in.
    pub query_code: String,
}

impl Codes {
    /// Follows the request that they open, as this client without a session, and gives its timeline with who reads it.
    async fn follow(&self, guest: &Api) -> (Api, Value) {
        let track = json!({"reference": self.reference, "query_code": self.query_code});
        let opened = guest.post("/track").json(&track).send().await;
        let opened = opened.expect_status(200);
        let reader = guest.bearer(opened.text_at("/token"));
        let path = format!("/requests/{}/timeline", opened.text_at("/request_id"));
        let timeline = reader.get(&path).send().await.expect_status(200).json;
        (reader, timeline)
    }

    /// The timeline of the request that they open, for this client without a session.
    pub async fn timeline(&self, guest: &Api) -> Value {
        self.follow(guest).await.1
    }

    /// The bytes of every file of the request that they open, for this client without a session.
    pub async fn files(&self, guest: &Api) -> Vec<Vec<u8>> {
        let (reader, timeline) = self.follow(guest).await;
        let items = timeline["items"].as_array().unwrap();
        let files = items
            .iter()
            .filter_map(|item| item["attachments"].as_array());
        let mut all = Vec::new();
        for file in files.flatten() {
            let path = format!("/attachments/{}", file["id"].as_str().unwrap());
            all.push(reader.get(&path).send().await.expect_status(200).bytes);
        }
        all
    }
}

/// Somebody who uses the portal at one origin, in one language.
#[derive(Debug, Clone)]
pub struct Customer {
    /// The tab in front.
    pub page: Page,
    /// The words on it.
    pub words: Words,
    origin: String,
    form: Value,
}

impl Customer {
    /// Somebody in front of `page`, for whom the portal is at `origin` and its API that of `server`.
    pub async fn new(page: Page, words: Words, server: &Server, origin: String) -> Self {
        Self::with(page, words, &server.guest(), origin, TYPE).await
    }

    /// Somebody in front of `page`, for whom the portal is at `origin` and its API any that `guest` is a client of.
    pub async fn elsewhere(page: Page, words: Words, guest: &Api, origin: String) -> Self {
        Self::with(page, words, guest, origin, TYPE).await
    }

    /// Somebody straight in front of `server`, who has a form of another type than the journeys.
    pub async fn of(page: Page, words: Words, server: &Server, type_id: &str) -> Self {
        Self::with(page, words, &server.guest(), server.origin(), type_id).await
    }

    async fn with(page: Page, words: Words, guest: &Api, origin: String, type_id: &str) -> Self {
        let asked = guest.get(&format!("/request-types/{type_id}"));
        let form = asked.language(words.language.tag).send().await;
        Self {
            page,
            words,
            origin,
            form: form.expect_status(200).json,
        }
    }

    /// The same person in another tab or browser.
    #[must_use]
    pub fn at(&self, page: Page) -> Self {
        Self {
            page,
            ..self.clone()
        }
    }

    /// The message with this key.
    #[track_caller]
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// The label of a field of the complaint's form, or the name of the form itself (`""`).
    #[track_caller]
    pub fn label(&self, field: &str) -> String {
        if field.is_empty() {
            return self.form["name"].as_str().unwrap().to_owned();
        }
        let fields = self.form["fields"].as_array().unwrap();
        let found = fields.iter().find(|f| f["id"] == field);
        found.unwrap_or_else(|| panic!("no field {field}"))["label"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Opens a path of the portal as a new document.
    pub async fn open(&self, path: &str) {
        self.page.open(&format!("{}{path}", self.origin)).await;
    }

    /// Waits for the page with this heading.
    pub async fn arrive(&self, heading: &str) {
        self.page.heading(self.say(heading)).wait().await;
    }

    /// The button with this message.
    #[track_caller]
    pub fn button(&self, key: &str) -> Found {
        self.page.button(self.say(key))
    }

    /// The field whose label begins with this message (it may be optional).
    #[track_caller]
    pub fn field(&self, key: &str) -> Found {
        self.page.field(has(&self.say(key)))
    }

    /// Waits until this message is read.
    pub async fn see(&self, key: &str) {
        self.page.see(&self.say(key)).await;
    }

    /// Presses the button with this message.
    pub async fn press(&self, key: &str) {
        self.button(key).click().await;
    }

    // --- The form

    /// The address of the complaint's form.
    pub fn form_path() -> String {
        format!("/new/{TYPE}")
    }

    /// Answers the first page and goes on to the complaint's own questions.
    pub async fn describe(&self, subject: &str, body: &str) {
        self.arrive("submit.describe_complaint").await;
        self.page
            .field(self.say("submit.subject"))
            .fill(subject)
            .await;
        self.page.field(self.say("submit.body")).fill(body).await;
        self.press("form.continue").await;
        self.page.heading(self.label("about_bill")).wait().await;
    }

    /// Goes through the complaint's own questions, answering one of each page, to the files.
    pub async fn detail(&self, invoice: &str) {
        let number = has(&self.label("invoice_number"));
        self.page.field(number).fill(invoice).await;
        self.press("form.continue").await;
        self.page.heading(self.label("about_result")).wait().await;
        self.press("form.continue").await;
        self.arrive("submit.files").await;
    }

    /// From the files to the question how to answer, and on to the check.
    pub async fn give_contact(&self, email: &str) {
        self.press("form.continue").await;
        self.arrive("submit.contact").await;
        self.field("submit.email").fill(email).await;
        self.press("form.continue").await;
        self.arrive("submit.check_complaint").await;
    }

    /// Fills the whole form without files, up to the check.
    pub async fn fill_form(&self, subject: &str, body: &str, email: Option<&str>) {
        self.open(&Self::form_path()).await;
        self.describe(subject, body).await;
        self.detail("INV-2042").await;
        match email {
            Some(email) => self.give_contact(email).await,
            None => {
                self.press("form.continue").await;
                self.arrive("submit.check_complaint").await;
            }
        }
    }

    /// Sends what was checked.
    pub async fn send(&self) {
        self.press("submit.send_complaint").await;
    }

    /// Waits for the confirmation and reads what it hands out.
    pub async fn sent(&self) -> Codes {
        self.arrive("sent.title_complaint").await;
        let read = "const codes = [...document.querySelectorAll('main .codes .code')].map(e => e.textContent.trim());
            return { reference: codes.find(c => c.startsWith('PT-')), query_code: codes.find(c => !c.startsWith('PT-')) ?? '' }";
        until("the reference", || async {
            let codes = self.page.run(read, vec![]).await;
            let reference = codes["reference"].as_str().ok_or("there is none")?;
            Ok(Codes {
                reference: reference.to_owned(),
                query_code: codes["query_code"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .await
    }

    // --- Getting in

    /// Opens a request by its two codes.
    pub async fn track(&self, codes: &Codes) {
        self.open("/track").await;
        self.arrive("track.title").await;
        let reference = has(&self.say("track.reference"));
        self.page.field(reference).fill(&codes.reference).await;
        let code = has(&self.say("track.code"));
        self.page.field(code).fill(&codes.query_code).await;
        self.press("track.submit").await;
    }

    /// Signs in with the code that the server mails to `email`, and waits until it is done.
    pub async fn sign_in(&self, server: &Server, email: &str) {
        self.open("/sign-in").await;
        self.prove(server, email).await;
        self.page.link(self.say("nav.account")).wait().await;
    }

    /// Enters `email` on the page to sign in, and the code that the server mails there.
    pub async fn prove(&self, server: &Server, email: &str) {
        let before = server.letters_to(email).len();
        self.field("sign_in.email").fill(email).await;
        self.press("sign_in.send").await;
        let code = server.code_after(email, before).await;
        self.field("sign_in.code").fill(&code).await;
        self.press("sign_in.submit").await;
    }

    // --- Looking closely

    /// What must be true of every settled page.
    pub async fn good(&self) {
        self.page.axe().await;
        self.page.clean().await;
    }

    /// Chooses another language in the header.
    pub async fn read_in(&mut self, words: Words) {
        let name = match words.language.tag {
            "zh-Hans" => "简体中文",
            "zh-Hant" => "繁體中文",
            _ => "English",
        };
        self.field("layout.language").choose(name).await;
        self.words = words;
        self.page
            .field(has(&self.say("layout.language")))
            .wait()
            .await;
    }

    /// Presses Tab until the thing with this role and message has the focus, then Enter.
    pub async fn tab_and_enter(&self, role: &str, name: &str) {
        self.page.tab_to(role, name).await;
        self.page.press(Key::Enter).await;
    }

    /// A picture as a camera or a screen makes it: `png` or `jpeg`.
    pub async fn photo(&self, format: &str) -> Vec<u8> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let shot = self
            .page
            .cdp("Page.captureScreenshot", json!({"format": format}))
            .await;
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }
}
