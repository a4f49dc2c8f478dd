//! The real server as a process that can be killed.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::mailbox::{self, Letter};
use crate::{Api, PATIENCE, tool, until};

/// The token of the agent whose desk the tests play.
pub const DESK_TOKEN: &str = "desk-token-of-the-tests-0123456789";

/// What the web hooks of the tests' desks bring along.
pub const HOOK_SECRET: &str = "hook-secret-of-the-tests-0123456789";

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Text of a configuration file, when the defaults do not do.
    pub config: Option<String>,
    /// Lets `/desk/v1/clock` move business time.
    pub test_clock: bool,
    /// Starts with the demonstration's customers and requests.
    pub demo: bool,
}

impl Options {
    /// A server that counts nothing.
    pub fn unlimited() -> Self {
        Self::default().and_unlimited()
    }

    /// The same options, and nothing is counted. The configuration must not have a table open at its end.
    #[must_use]
    pub fn and_unlimited(mut self) -> Self {
        let rates = [
            "new_requests",
            "wrong_codes_per_reference",
            "wrong_codes_per_client",
            "sign_in_codes",
        ];
        let rates = rates.map(|rate| format!("{rate} = {{ count = 1_000_000, minutes = 1 }}\n"));
        let config = self.config.get_or_insert_default();
        config.push_str(&format!("[rates]\n{}", rates.concat()));
        self
    }
}

/// A running `portico serve` with a data directory of its own. Killed when dropped.
pub struct Server {
    child: Option<Child>,
    port: u16,
    home: TempDir,
    options: Options,
    shift: Option<String>,
}

impl Server {
    /// A server with the defaults.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A server with `options`, on a free port.
    pub async fn with(options: Options) -> Self {
        let home = tempfile::Builder::new()
            .prefix("portico-server-")
            .tempdir()
            .unwrap();
        if let Some(config) = &options.config {
            std::fs::write(home.path().join("portico.toml"), config).unwrap();
        }
        let mut server = Self {
            child: None,
            port: 0,
            home,
            options,
            shift: None,
        };
        server.launch().await;
        server
    }

    /// Writes another configuration, for a server that was given one.
    pub fn configure(&self, config: &str) {
        std::fs::write(self.home.path().join("portico.toml"), config).unwrap();
    }

    /// Starts it again on the same port and data, after [`Server::kill`] or [`Server::stop`].
    pub async fn restart(&mut self) {
        assert!(self.child.is_none(), "the server is still running");
        self.launch().await;
    }

    /// Stops it and starts it again on the same port with another configuration.
    pub async fn reconfigure(&mut self, config: String) {
        self.stop().await;
        std::fs::write(self.home.path().join("portico.toml"), &config).unwrap();
        self.options.config = Some(config);
        self.launch().await;
    }

    /// Stops it and starts it again with its clock put forward by `shift` (`+11m`, `+91d`): the real clock
    /// of the whole process, by which sessions, codes and limits run.
    pub async fn travel(&mut self, shift: &str) {
        self.stop().await;
        self.shift = Some(shift.to_owned());
        self.launch().await;
    }

    async fn launch(&mut self) {
        let binary = program();
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap();
        let mut command = Command::new(&binary);
        command
            .arg("serve")
            .args(["--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data")
            .arg(self.data());
        if self.options.config.is_some() {
            command
                .arg("--config")
                .arg(self.home.path().join("portico.toml"));
        }
        if self.options.test_clock {
            command.arg("--test-clock");
        }
        if self.options.demo {
            command.arg("--demo");
        }
        command
            .env("PORTICO_DESK_TOKEN", DESK_TOKEN)
            .env(
                "PORTICO_TEST_CREDENTIAL",
                crate::request_tracker::CREDENTIAL,
            )
            .env("PORTICO_TEST_HOOK", HOOK_SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command.stderr(log.try_clone().unwrap());
        if let Some(shift) = &self.shift {
            command
                .env("LD_PRELOAD", fake_clock())
                .env("FAKETIME", shift);
            // Timers and time-outs go on as before.
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        let mut child = command
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", binary.display()));
        let lines = BufReader::new(child.stdout.take().unwrap());
        self.child = Some(child);
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || copy_out(lines, log, &tell));
        self.port = tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE))
            .await
            .unwrap()
            .unwrap_or_else(|_| panic!("the server did not say where it listens:\n{}", self.log()));
        crate::prepare_tls();
        let ready = self.url("/healthz");
        until("the server to be healthy", || async {
            reqwest::get(&ready)
                .await
                .and_then(reqwest::Response::error_for_status)
                .map_err(|e| e.to_string())
        })
        .await;
    }

    /// `http://127.0.0.1:port`; the same after a restart.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address of `path` (with its leading slash) on this server.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The port, for a proxy in front.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// SIGKILL, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM; the server must then leave by itself, without an error.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("the server is running");
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        for _ in 0..200 {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(
                    status.success(),
                    "the server left with {status}:\n{}",
                    self.log()
                );
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        child.kill().unwrap();
        panic!(
            "the server did not leave within 20 seconds of SIGTERM:\n{}",
            self.log()
        );
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn log_path(&self) -> PathBuf {
        self.home.path().join("server.log")
    }

    /// Everything it has written to standard output and standard error so far.
    pub fn log(&self) -> String {
        std::fs::read(self.log_path())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// A client of the ticket API without a session.
    pub fn guest(&self) -> Api {
        Api::new(self.url("/portal/v1"))
    }

    /// A client of the desk.
    pub fn desk(&self) -> Api {
        Api::new(self.url("/desk/v1")).bearer(DESK_TOKEN)
    }

    /// A client of the ticket API, signed in by a code that was mailed to `address`.
    pub async fn customer(&self, address: &str) -> Api {
        self.customer_over("email", address).await
    }

    /// The same over any channel: `email` or `sms`.
    pub async fn customer_over(&self, channel: &str, address: &str) -> Api {
        let guest = self.guest();
        let before = self.letters_to(address).len();
        let asked = guest
            .post("/session/code")
            .json(&serde_json::json!({"channel": channel, "address": address}));
        asked.send().await.expect_status(202);
        let code = self.code_after(address, before).await;
        let redeemed = guest
            .post("/session/redeem")
            .json(&serde_json::json!({"channel": channel, "address": address, "code": code}))
            .send()
            .await
            .expect_status(200);
        guest.bearer(redeemed.text_at("/token"))
    }

    /// Every message that was sent to `address`, oldest first.
    pub fn letters_to(&self, address: &str) -> Vec<Letter> {
        let mut letters = mailbox::letters(&self.data());
        letters.retain(|letter| letter.to == address);
        letters
    }

    /// The newest sign-in code sent to `address`.
    pub async fn code_for(&self, address: &str) -> String {
        self.code_after(address, 0).await
    }

    /// The newest sign-in code to `address` that came after its first `seen` messages.
    pub async fn code_after(&self, address: &str, seen: usize) -> String {
        until("a sign-in code", || async {
            let letters = self.letters_to(address);
            let code = letters
                .iter()
                .skip(seen)
                .rev()
                .find_map(|letter| mailbox::code_in(&letter.text));
            code.ok_or_else(|| format!("no code for {address} among {} messages", letters.len()))
        })
        .await
    }

    /// Whether any file below the data directory holds `needle`, for checks of what must not be kept.
    pub fn data_holds(&self, needle: &str) -> bool {
        holds(&self.data(), needle.as_bytes())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- server log (end)\n{}", tail(&self.log(), 4_000));
        }
    }
}

/// The program under test: `PORTICO_BIN`, or the debug build of this checkout.
pub fn program() -> PathBuf {
    tool("PORTICO_BIN", "target/debug/portico")
}

/// The library that moves a process's clock: `PORTICO_FAKETIME`, or where Debian puts it.
fn fake_clock() -> PathBuf {
    let debian = || {
        let folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
        folders
            .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
            .find(|file| file.exists())
    };
    let given = std::env::var_os("PORTICO_FAKETIME").map(PathBuf::from);
    given
        .or_else(debian)
        .expect("libfaketime is installed (Debian's package faketime)")
}

/// Copies what the server prints to its log and tells the port that it announces.
fn copy_out(lines: impl BufRead, mut log: File, tell: &mpsc::Sender<u16>) {
    for line in lines.lines() {
        let Ok(line) = line else { return };
        if let Some(port) = line
            .strip_prefix("listening on http://127.0.0.1:")
            .and_then(|port| port.trim().parse().ok())
        {
            // Nobody waits any more when the start was given up.
            tell.send(port).ok();
        }
        writeln!(log, "{line}").ok();
    }
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .any(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => holds(&entry.path(), needle),
            _ => std::fs::read(entry.path())
                .is_ok_and(|bytes| bytes.windows(needle.len()).any(|part| part == needle)),
        })
}

fn tail(text: &str, bytes: usize) -> &str {
    let mut from = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}
