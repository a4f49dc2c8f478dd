//! `portico desk`: the desk from the command line, over the desk's API of a running server.

use crate::keys;
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use portico_contract::{
    Instant,
    announcement::AnnouncementKind,
    locale::Locale,
    problem::Problem,
    request::{Class, Grade, Kind, Outcome, Status, StepKey, WaitingOn},
};
use reqwest::{Client, Method};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Where the desk of a running server is.
#[derive(Args)]
pub struct Connection {
    /// Where the server listens.
    #[arg(long, global = true, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The server's data directory, which has the desk's token unless PORTICO_DESK_TOKEN gives it.
    #[arg(long, global = true, default_value = "data")]
    data: PathBuf,
    /// The language of the answers: en, zh-Hans, zh-Hant.
    #[arg(long, global = true, default_value = "en")]
    language: String,
}

/// `portico desk`
#[derive(Args)]
pub struct Desk {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lists requests, the one that changed last first.
    List {
        /// Only these, separated by commas.
        #[arg(long)]
        status: Option<String>,
        /// Words in subject, text or reference.
        #[arg(long)]
        q: Option<String>,
    },
    /// Shows a request with everything that happened.
    Show {
        /// Its reference or id.
        request: String,
    },
    /// Writes to the customer.
    Reply {
        /// The request's reference or id.
        request: String,
        /// What to write.
        text: String,
    },
    /// Writes a note that never leaves the desk.
    Note {
        /// The request's reference or id.
        request: String,
        /// What to write.
        text: String,
    },
    /// Changes the status and what goes with it.
    Status(StatusArguments),
    /// Comes to a step.
    Step {
        /// The request's reference or id.
        request: String,
        /// The step, as `show` names it: one of four (accepted to answered) or of seven (requested to closed).
        #[arg(value_parser = words(StepKey::ALL, StepKey::as_str))]
        key: String,
    },
    /// Proposes a solution to the customer.
    Proposal {
        /// The request's reference or id.
        request: String,
        /// What is proposed.
        text: String,
    },
    /// Starts, keeps (met), pauses, resumes, moves or ends (void) a promise.
    Promise(PromiseArguments),
    /// Sets the standard by which a customer is served; without a name: the usual one.
    Tier {
        /// The customer's e-mail address or telephone number.
        address: String,
        /// The tier, as the policy names it.
        tier: Option<String>,
    },
    /// Lists the requests that have not come to their desk, and what is in the way.
    Handovers,
    /// Tries again, now, to hand a request over to its desk.
    HandOver {
        /// The request's reference or id.
        request: String,
    },
    /// Lists whom to ring, the first one first.
    Callbacks,
    /// Says that somebody was rung who had asked for it.
    Callback {
        /// Its id, as `callbacks` lists it.
        callback: String,
        /// What happened to it.
        #[arg(value_parser = ["done"])]
        change: String,
        /// A note for the desk alone.
        #[arg(long)]
        note: Option<String>,
    },
    /// Lists what customers are told, now or later.
    Announcements,
    /// Tells all customers of an incident, of planned work, of news.
    Announce(AnnouncementArguments),
    /// Ends an announcement.
    End {
        /// Its id.
        announcement: String,
    },
    /// Begins a round of a campaign of the programme now, or asks a survey beside the plan.
    Campaign(CampaignArguments),
    /// Tells customers what was done about what they said.
    Measure(MeasureArguments),
    /// Lists what customers were told of what was done.
    Measures,
    /// Takes a measure back.
    Withdraw {
        /// Its id.
        measure: String,
    },
    /// Moves business time, when the server was started with --test-clock.
    Clock {
        /// RFC 3339, such as 2026-11-24T09:00:00+08:00.
        #[arg(value_parser = moment)]
        now: String,
    },
}

#[derive(Args)]
struct StatusArguments {
    /// The request's reference or id.
    request: String,
    /// The new status.
    #[arg(value_parser = words(Status::ALL, Status::as_str))]
    status: String,
    /// Whose turn it is.
    #[arg(long, value_parser = words(WaitingOn::ALL, WaitingOn::as_str))]
    waiting_on: Option<String>,
    /// How it ended.
    #[arg(long, value_parser = words(Outcome::ALL, Outcome::as_str))]
    outcome: Option<String>,
    /// Why, in words for the customer.
    #[arg(long)]
    explanation: Option<String>,
    /// How grave it is.
    #[arg(long, value_parser = words(Grade::ALL, Grade::as_str))]
    grade: Option<String>,
    /// How much work it is.
    #[arg(long, value_parser = words(Class::ALL, Class::as_str))]
    class: Option<String>,
    /// Why this grade and class, in words for the customer.
    #[arg(long)]
    reason: Option<String>,
    /// Who handles it.
    #[arg(long)]
    handler: Option<String>,
    /// The team of who handles it.
    #[arg(long)]
    team: Option<String>,
    /// The partner who handles it.
    #[arg(long)]
    third_party: Option<String>,
}

#[derive(Args)]
struct PromiseArguments {
    /// The request's reference or id.
    request: String,
    /// The promise, as `show` names it.
    key: String,
    /// What happens to it.
    #[arg(value_parser = ["start", "met", "pause", "resume", "move", "void"])]
    change: String,
    /// Why, in words for the customer; needed to move or to void it.
    #[arg(long)]
    reason: Option<String>,
    /// RFC 3339: the new date, or when a pause will probably end.
    #[arg(long, value_parser = moment)]
    due_at: Option<String>,
}

#[derive(Args)]
struct CampaignArguments {
    /// A campaign of the programme; its round of the present period.
    #[arg(required_unless_present = "survey", conflicts_with = "survey")]
    campaign: Option<String>,
    /// A survey to ask beside the plan.
    #[arg(long)]
    survey: Option<String>,
    /// Only customers of these tiers.
    #[arg(long, requires = "survey")]
    tier: Vec<String>,
    /// What share of them in percent.
    #[arg(long, requires = "survey")]
    sample: Option<u32>,
}

#[derive(Args)]
struct MeasureArguments {
    /// What customers said, in every language.
    #[arg(long, num_args = 3, value_names = ["EN", "ZH_HANS", "ZH_HANT"], required = true)]
    said: Vec<String>,
    /// What was done, in every language.
    #[arg(long, num_args = 3, value_names = ["EN", "ZH_HANS", "ZH_HANT"], required = true)]
    did: Vec<String>,
    /// Only on requests of this kind; may stand there several times.
    #[arg(long, value_parser = words(Kind::ALL, Kind::as_str))]
    kind: Vec<String>,
}

#[derive(Args)]
struct AnnouncementArguments {
    /// What it is about.
    #[arg(value_parser = words(AnnouncementKind::ALL, AnnouncementKind::as_str))]
    kind: String,
    /// In a line, in every language.
    #[arg(long, num_args = 3, value_names = ["EN", "ZH_HANS", "ZH_HANT"], required = true)]
    title: Vec<String>,
    /// Plain text, in every language.
    #[arg(long, num_args = 3, value_names = ["EN", "ZH_HANS", "ZH_HANT"], required = true)]
    body: Vec<String>,
    /// RFC 3339: since when. Default: now.
    #[arg(long, value_parser = moment)]
    from: Option<String>,
    /// RFC 3339: until when. Default: until it is ended.
    #[arg(long, value_parser = moment)]
    until: Option<String>,
}

/// The words that the contract knows, for help and for refusing a misspelled one before it is sent.
fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> PossibleValuesParser {
    PossibleValuesParser::new(all.iter().map(|w| word(*w)).collect::<Vec<_>>())
}

/// A moment as the desk's API takes it, refused here with an example.
fn moment(text: &str) -> Result<String, String> {
    match Instant::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("write it as 2026-11-24T09:00:00+08:00".to_owned()),
    }
}

/// Does what the command says, and prints what the server answers.
///
/// # Errors
/// A sentence for the operator.
pub async fn run(desk: Desk) -> Result<(), String> {
    let line = Line::open(desk.connection)?;
    match desk.command {
        Command::List { status, q } => {
            let mut cursor: Option<String> = None;
            loop {
                let query = [
                    ("status", status.clone()),
                    ("q", q.clone()),
                    ("cursor", cursor),
                    ("limit", Some("100".to_owned())),
                ];
                let page = line.get("requests", &query).await?;
                items(&page).iter().for_each(print_line);
                cursor = page["next_cursor"].as_str().map(str::to_owned);
                if cursor.is_none() {
                    return Ok(());
                }
            }
        }
        Command::Show { request } => {
            print_request(&line.get(&format!("requests/{request}"), &[]).await?)
        }
        Command::Reply { request, text } => line.write(&request, text, true).await?,
        Command::Note { request, text } => line.write(&request, text, false).await?,
        Command::Status(arguments) => {
            let path = format!("requests/{}/status", arguments.request);
            print_line(&line.post(&path, &arguments.body()).await?);
        }
        Command::Step { request, key } => {
            print_line(
                &line
                    .post(&format!("requests/{request}/step"), &json!({"key": key}))
                    .await?,
            );
        }
        Command::Proposal { request, text } => {
            let path = format!("requests/{request}/proposal");
            print_line(&line.post(&path, &json!({"text": text})).await?);
        }
        Command::Promise(arguments) => {
            let PromiseArguments {
                request,
                key,
                change,
                reason,
                due_at,
            } = arguments;
            let path = format!("requests/{request}/promises/{key}/{change}");
            let body = json!({"reason": reason, "due_at": due_at});
            print_promises(&line.post(&path, &body).await?);
        }
        Command::Tier { address, tier } => {
            let path = format!("customers/{address}/tier");
            let set = line.post(&path, &json!({"tier": tier})).await?;
            println!("{address}  {}", text(&set["tier"]));
        }
        Command::Handovers => items(&line.get("handovers", &[]).await?)
            .iter()
            .for_each(print_handover),
        Command::HandOver { request } => {
            line.post(&format!("requests/{request}/hand-over"), &json!({}))
                .await?;
            println!("it is tried now; `portico desk handovers` says whether it waits still");
        }
        Command::Callbacks => {
            items(&line.get("callbacks", &[]).await?)
                .iter()
                .for_each(print_callback);
        }
        Command::Callback {
            callback,
            change,
            note,
        } => {
            let path = format!("callbacks/{callback}/{change}");
            print_callback(&line.post(&path, &json!({"note": note})).await?);
        }
        Command::Announcements => items(&line.get("announcements", &[]).await?)
            .iter()
            .for_each(print_announcement),
        Command::Announce(arguments) => {
            print_announcement(&line.post("announcements", &arguments.body()).await?);
        }
        Command::End { announcement } => {
            let path = format!("announcements/{announcement}/end");
            print_announcement(&line.post(&path, &json!({})).await?);
        }
        Command::Campaign(arguments) => {
            let CampaignArguments {
                campaign,
                survey,
                tier,
                sample,
            } = arguments;
            let tiers = (!tier.is_empty()).then_some(tier);
            let body =
                json!({"campaign": campaign, "survey": survey, "tiers": tiers, "sample": sample});
            let round = line.post("campaigns", &body).await?;
            println!(
                "{}  invited {}, until {}",
                text(&round["survey"]),
                round["invited"],
                text(&round["until"])
            );
            for (reason, count) in round["skipped"].as_object().into_iter().flatten() {
                println!("skipped {count}: {reason}");
            }
        }
        Command::Measure(arguments) => {
            let body = json!({
                "said": by_language(&arguments.said), "did": by_language(&arguments.did), "kinds": arguments.kind,
            });
            print_measure(&line.post("measures", &body).await?);
        }
        Command::Measures => items(&line.get("measures", &[]).await?)
            .iter()
            .for_each(print_measure),
        Command::Withdraw { measure } => {
            let path = format!("measures/{measure}");
            line.text(Method::DELETE, &path, &[], None).await?;
        }
        Command::Clock { now } => {
            println!(
                "{}",
                text(&line.post("clock", &json!({"now": now})).await?["now"])
            );
        }
    }
    Ok(())
}

impl StatusArguments {
    fn body(self) -> Value {
        let given = [
            ("status", Some(self.status)),
            ("waiting_on", self.waiting_on),
            ("outcome", self.outcome),
            ("explanation", self.explanation),
            ("grade", self.grade),
            ("class", self.class),
            ("reason", self.reason),
        ];
        let mut body: Map<String, Value> = given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
            .collect();
        if [&self.handler, &self.team, &self.third_party]
            .iter()
            .any(|name| name.is_some())
        {
            let handler =
                json!({"name": self.handler, "team": self.team, "third_party": self.third_party});
            body.insert("handler".to_owned(), handler);
        }
        body.into()
    }
}

impl AnnouncementArguments {
    fn body(&self) -> Value {
        json!({"kind": self.kind, "title": by_language(&self.title), "body": by_language(&self.body),
            "from": self.from, "until": self.until})
    }
}

/// Three texts as the desk takes them.
fn by_language(texts: &[String]) -> Value {
    let languages = [Locale::En, Locale::ZhHans, Locale::ZhHant];
    let texts = languages.iter().map(|l| l.as_str().to_owned()).zip(texts);
    texts
        .map(|(language, text)| (language, json!(text)))
        .collect::<Map<_, _>>()
        .into()
}

/// The line to a desk.
pub(crate) struct Line {
    http: Client,
    url: String,
    token: String,
    language: String,
}

impl Line {
    /// Prepares to call the desk.
    ///
    /// # Errors
    /// A sentence for the operator when there is no token for it.
    pub(crate) fn open(connection: Connection) -> Result<Self, String> {
        let token = keys::desk_token(&connection.data).map_err(|e| {
            format!(
                "no desk token: set {} or name the data directory with --data ({e})",
                keys::DESK_TOKEN_VARIABLE
            )
        })?;
        Ok(Self {
            http: Client::new(),
            url: connection.url,
            token,
            language: connection.language,
        })
    }

    async fn get(&self, path: &str, query: &[(&str, Option<String>)]) -> Result<Value, String> {
        self.call(Method::GET, path, query, None).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.call(Method::POST, path, &[], Some(body)).await
    }

    async fn write(&self, request: &str, text: String, public: bool) -> Result<(), String> {
        let body = json!({"body": {"format": "text", "value": text}, "public": public});
        print_entry(
            &self
                .post(&format!("requests/{request}/messages"), &body)
                .await?,
        );
        Ok(())
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, Option<String>)],
        body: Option<&Value>,
    ) -> Result<Value, String> {
        let text = self.text(method, path, query, body).await?;
        serde_json::from_str(&text).map_err(|e| e.to_string())
    }

    /// Calls the desk and gives what it answers as it is.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) async fn text(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, Option<String>)],
        body: Option<&Value>,
    ) -> Result<String, String> {
        let url = format!("{}/desk/v1/{path}", self.url.trim_end_matches('/'));
        let mut call = self.http.request(method, url).bearer_auth(&self.token);
        call = call.header("accept-language", &self.language).query(query);
        if let Some(body) = body {
            call = call.json(body);
        }
        let answer = call
            .send()
            .await
            .map_err(|e| format!("{} does not answer: {e}", self.url))?;
        let good = answer.status().is_success();
        let bytes = answer.bytes().await.map_err(|e| e.to_string())?;
        if good {
            return String::from_utf8(bytes.into()).map_err(|e| e.to_string());
        }
        let problem: Problem = serde_json::from_slice(&bytes)
            .map_err(|_| format!("{} is no desk of Portico", self.url))?;
        let fields = problem
            .errors
            .iter()
            .map(|e| format!("\n  {}: {}", e.pointer, e.detail));
        Err(format!(
            "{path}: {} ({}){}",
            problem.title,
            problem.code,
            fields.collect::<String>()
        ))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// The items of a list.
fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map_or(&[], Vec::as_slice)
}

fn print_measure(measure: &Value) {
    println!(
        "{}  {}  {} → {}",
        text(&measure["id"]),
        text(&measure["published_at"]),
        text(&measure["said"]["en"]),
        text(&measure["did"]["en"])
    );
}

fn print_handover(handover: &Value) {
    let next = match handover["tried_again"].as_bool() {
        Some(true) => "is tried again",
        _ => "WAITS FOR YOU",
    };
    println!(
        "{}  {}  since {}  {} tries, {next}  {}",
        text(&handover["reference"]),
        text(&handover["backend"]),
        text(&handover["created_at"]),
        handover["attempts"],
        text(&handover["trouble"])
    );
}

fn print_callback(callback: &Value) {
    println!(
        "{}  {}  {:<16} {} {}  {}  done {}  {}",
        text(&callback["id"]),
        text(&callback["preferred_at"]),
        text(&callback["phone"]),
        text(&callback["contact"]["name"]),
        text(&callback["reference"]),
        text(&callback["topic"]),
        text(&callback["done_at"]),
        text(&callback["note"])
    );
}

fn print_announcement(announcement: &Value) {
    println!(
        "{}  {:<11} {} to {}  {}",
        text(&announcement["id"]),
        text(&announcement["kind"]),
        text(&announcement["from"]),
        text(&announcement["until"]),
        text(&announcement["title"])
    );
}

fn print_promises(request: &Value) {
    for promise in request["promises"].as_array().into_iter().flatten() {
        println!(
            "{:<22} {:<9} due {}  {}",
            text(&promise["key"]),
            text(&promise["state"]),
            text(&promise["due_at"]),
            text(&promise["label"])
        );
    }
}

fn print_line(request: &Value) {
    println!(
        "{}  {:<9} {:<16} {}  {}",
        text(&request["reference"]),
        text(&request["status"]),
        text(&request["kind"]),
        text(&request["updated_at"]),
        text(&request["subject"])
    );
}

fn print_request(request: &Value) {
    print_line(request);
    let contact = &request["contact"];
    println!(
        "urgency {}, grade {}, class {}, waiting on {}, outcome {}, contact {} {} {}",
        text(&request["urgency"]),
        text(&request["grade"]),
        text(&request["class"]),
        text(&request["waiting_on"]),
        text(&request["outcome"]),
        text(&contact["name"]),
        text(&contact["email"]),
        text(&contact["phone"])
    );
    for field in request["fields"].as_array().into_iter().flatten() {
        println!("{}: {}", text(&field["label"]), text(&field["display"]));
    }
    let steps = request["steps"].as_array().into_iter().flatten();
    let steps: Vec<String> = steps
        .map(|s| format!("{} ({})", text(&s["key"]), text(&s["state"])))
        .collect();
    println!("{}", steps.join(" > "));
    print_promises(request);
    println!();
    request["timeline"]
        .as_array()
        .into_iter()
        .flatten()
        .for_each(print_entry);
}

fn print_entry(entry: &Value) {
    let at = text(&entry["at"]);
    match text(&entry["kind"]) {
        "message" => {
            let note = if entry["public"] == false {
                " (note)"
            } else {
                ""
            };
            println!(
                "{at}  {}{note}: {}",
                text(&entry["author"]["name"]),
                text(&entry["body"]["value"])
            );
            for file in entry["attachments"].as_array().into_iter().flatten() {
                println!("    {} ({} bytes)", text(&file["name"]), file["size"]);
            }
        }
        "status" => println!(
            "{at}  status {}: {}",
            text(&entry["to"]),
            text(&entry["explanation"])
        ),
        "step" => println!("{at}  step {}", text(&entry["key"])),
        "promise" => println!(
            "{at}  promise {} {}, due {}: {}",
            text(&entry["key"]),
            text(&entry["change"]),
            text(&entry["due_at"]),
            text(&entry["reason"])
        ),
        "proposal" => println!(
            "{at}  proposal: {}\n    {}: {}",
            text(&entry["text"]),
            entry["answer"].as_str().unwrap_or("not answered yet"),
            text(&entry["comment"])
        ),
        "graded" => println!(
            "{at}  grade {}, class {}: {}",
            text(&entry["grade"]),
            text(&entry["class"]),
            text(&entry["reason"])
        ),
        "follower" => println!(
            "{at}  follower {} {}",
            text(&entry["email"]),
            text(&entry["event"])
        ),
        "asked" => println!(
            "{at}  {} {}: {}",
            text(&entry["action"]),
            text(&entry["target"]),
            text(&entry["comment"])
        ),
        "callback" => println!(
            "{at}  callback at {}: {}, done {}",
            text(&entry["preferred_at"]),
            text(&entry["topic"]),
            text(&entry["done_at"])
        ),
        other => println!("{at}  {other}"),
    }
}
