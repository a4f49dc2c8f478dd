//! What the portal costs the page that has it, before the customer does anything: the same page with and without it,
//! one load after the other in one run of Chromium.

use crate::{
    SERVER,
    process::{cargo, run, step},
    setup, site,
};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

const FOLDER: &str = "target/bench/embed";
/// Loads of each page.
const ROUNDS: usize = 10;
/// How long one load may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the script may weigh on its way, in bytes.
const SCRIPT_BYTES: usize = 5 * 1024;

/// A page with the portal in it, or without.
struct Page {
    name: &'static str,
    /// What stands in the table.
    words: &'static str,
    /// The portal's name before `.localhost`: on the page's own site or on another one.
    portal: &'static str,
    tag: &'static str,
    /// Whether nothing of the portal but its script may have come before the customer acts.
    at_rest: bool,
}

const NEAR: &str = "help.shop";
const FAR: &str = "help.other";

const PAGES: [Page; 5] = [
    Page {
        name: "without",
        words: "without it",
        portal: NEAR,
        tag: "",
        at_rest: true,
    },
    Page {
        name: "button",
        words: "as a button",
        portal: NEAR,
        tag: "<portico-portal mode=\"button\"></portico-portal>",
        at_rest: true,
    },
    Page {
        name: "below",
        words: "below what is seen",
        portal: NEAR,
        tag: "<div class=\"far\"></div><portico-portal></portico-portal>",
        at_rest: true,
    },
    Page {
        name: "near",
        words: "in view, on the page's own site",
        portal: NEAR,
        tag: "<portico-portal min-height=\"2000\"></portico-portal>",
        at_rest: false,
    },
    Page {
        name: "far",
        words: "in view, on another site",
        portal: FAR,
        tag: "<portico-portal min-height=\"2000\"></portico-portal>",
        at_rest: false,
    },
];

/// Measures and prints a table.
pub(crate) fn embed() -> Result<()> {
    setup::for_site()?;
    let tools = setup::for_tests()?;
    site::build()?;
    step("Building the server");
    run(cargo().args(["build", "--workspace", "--bin", "portico"]))?;
    step("Measuring");
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let host = format!(
        "http://www.shop.localhost:{}",
        listener.local_addr()?.port()
    );
    let folder = Path::new(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let (_server, port) = serve(folder, &host)?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || answer_all(&listener, port, &tell));
    let chromium = Command::new(tools.chromium())
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        // Keeps it open.
        .args(["--remote-debugging-port=0", "--window-size=1280,900"])
        .arg(format!(
            "--user-data-dir={}",
            fs::canonicalize(folder)?.join("profile").display()
        ))
        .arg(format!("{host}/{}?0", PAGES[0].name))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("chromium does not start")?;
    let _chromium = Running(chromium);
    print(&collect(&told)?, script_bytes(port)?)
}

/// Is ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server that lets `host` frame it; gives its port.
fn serve(folder: &Path, host: &str) -> Result<(Running, u16)> {
    let config = folder.join("portico.toml");
    fs::write(&config, format!("frame_ancestors = [\"{host}\"]\n"))?;
    let child = Command::new(SERVER)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.join("data"))
        .arg("--config")
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(fs::File::create(folder.join("server.log"))?)
        .spawn()
        .context(SERVER)?;
    let mut server = Running(child);
    let mut said =
        BufReader::new(server.0.stdout.take().context("the server says nothing")?).lines();
    let port = said.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("listening on http://127.0.0.1:")?;
        port.trim().parse().ok()
    });
    // Read to its end, or a full pipe would stop the server.
    thread::spawn(move || said.for_each(drop));
    Ok((
        server,
        port.context("the server does not say where it listens")?,
    ))
}

/// The bytes of the script on its way to a browser.
fn script_bytes(port: u16) -> Result<usize> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    let path = format!("/embed/{}/portico.js", site::EMBED_PROTOCOL);
    write!(
        server,
        "GET {path} HTTP/1.1\r\nHost: {NEAR}.localhost\r\nAccept-Encoding: br\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n");
    Ok(answer.len() - head.context("the server gives no script")? - 4)
}

fn answer_all(listener: &TcpListener, port: u16, tell: &Sender<Value>) {
    for stream in listener.incoming().flatten() {
        let tell = tell.clone();
        // Who goes away before the end is no longer interested.
        thread::spawn(move || drop(answer(stream, port, &tell)));
    }
}

/// The pages, and the address to which they send their figures.
fn answer(stream: TcpStream, port: u16, tell: &Sender<Value>) -> Result<()> {
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let address = line.split(' ').nth(1).context("no request")?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let body = if address == "/figures" {
        let mut figures = vec![0; length];
        reader.read_exact(&mut figures)?;
        tell.send(serde_json::from_slice(&figures)?)?;
        String::new()
    } else {
        let (name, round) = address
            .trim_start_matches('/')
            .split_once('?')
            .unwrap_or_default();
        let at = PAGES.iter().position(|page| page.name == name);
        at.map_or_else(String::new, |at| draw(at, round, port))
    };
    write!(
        &stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    Ok(())
}

/// One page. When it has sent its figures, it goes on to the next.
fn draw(at: usize, round: &str, port: u16) -> String {
    let Page {
        name,
        portal,
        tag,
        at_rest,
        ..
    } = PAGES[at];
    let portal = format!("http://{portal}.localhost:{port}");
    // Another address each time, or the browser would have it already.
    let address = format!(
        "{portal}/embed/{}/portico.js?{name}{round}",
        site::EMBED_PROTOCOL
    );
    let script = if tag.is_empty() {
        String::new()
    } else {
        format!("<script src=\"{address}\" async></script>")
    };
    let next = (at + 1) % PAGES.len();
    let round: usize = round.parse().unwrap_or(ROUNDS);
    let round = if next == 0 { round + 1 } else { round };
    let next = if round < ROUNDS {
        format!("/{}?{round}", PAGES[next].name)
    } else {
        String::new()
    };
    let text = "<p>A page of a company, with something to read above the portal and below it.</p>"
        .repeat(4);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Shop</title><link rel=\"icon\" href=\"data:,\">\
         <style>portico-portal:not([mode]) {{ display: block; min-height: 480px }}\
         portico-portal[min-height] {{ min-height: 2000px }} .far {{ height: 5000px }}</style>\
         <script>const name = \"{name}\", portal = \"{portal}\", waits = {waits}, next = \"{next}\";{WATCH}</script>\
         {script}<body><main><h1>Shop</h1>{text}{tag}{text}</main></body></html>",
        waits = !at_rest,
    )
}

const WATCH: &str = r#"
const tasks = [];
let shift = 0;
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => task.duration)))
  .observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shift += entry.value)))
  .observe({ type: "layout-shift", buffered: true });
const ready = new Promise((done) => document.addEventListener("portico:ready", done));
const loaded = new Promise((done) => addEventListener("load", done));
loaded.then(async () => {
  if (waits) await ready;
  // What was begun until now ends within this time.
  await new Promise((done) => setTimeout(done, 1500));
  const asked = performance.getEntriesByType("resource").filter((entry) => entry.name.startsWith(portal)).length;
  const [{ loadEventStart: load }] = performance.getEntriesByType("navigation");
  await fetch("/figures", { method: "POST", body: JSON.stringify({ name, tasks, shift, asked, load }) });
  if (next) location.assign(next);
});
"#;

fn collect(told: &Receiver<Value>) -> Result<Vec<Value>> {
    let mut all = Vec::new();
    while all.len() < ROUNDS * PAGES.len() {
        let figures = told.recv_timeout(PATIENCE);
        all.push(figures.with_context(|| format!("no figures from load {}", all.len() + 1))?);
    }
    Ok(all)
}

fn print(all: &[Value], script: usize) -> Result<()> {
    println!("\n{ROUNDS} loads of each page, in turn");
    println!(
        "{:<34}{:>9}{:>12}{:>12}{:>9}{:>10}",
        "the portal", "load ms", "long tasks", "longest ms", "shift", "requests"
    );
    let mut goals = true;
    for page in &PAGES {
        let of_page = || all.iter().filter(|figures| figures["name"] == page.name);
        let number =
            |name: &'static str| of_page().filter_map(move |figures| figures[name].as_f64());
        let mut loads: Vec<f64> = number("load").collect();
        loads.sort_by(f64::total_cmp);
        let load = loads.get(loads.len() / 2).context("no figures")?;
        let tasks = of_page()
            .filter_map(|figures| figures["tasks"].as_array())
            .flatten();
        let tasks: Vec<f64> = tasks.filter_map(Value::as_f64).collect();
        let longest = tasks.iter().copied().fold(0.0, f64::max);
        let shift = number("shift").fold(0.0, f64::max);
        let asked = number("asked").fold(0.0, f64::max);
        println!(
            "{:<34}{load:>9.0}{:>12}{longest:>12.0}{shift:>9.4}{asked:>10}",
            page.words,
            tasks.len()
        );
        let script_alone = f64::from(u8::from(!page.tag.is_empty()));
        // One that the machine caused now and then is on the page without it as well.
        let calm =
            of_page().filter(|figures| figures["tasks"].as_array().is_some_and(Vec::is_empty));
        let calm = calm.count() * 2 > ROUNDS;
        goals &= shift == 0.0 && (!page.at_rest || calm && asked <= script_alone);
    }
    println!("{script} bytes of script, of at most {SCRIPT_BYTES}");
    println!("load: the median, the others: the most, long tasks: of all loads together");
    if !goals || script > SCRIPT_BYTES {
        bail!("at rest it may cost its script alone, and nothing may move");
    }
    Ok(())
}
