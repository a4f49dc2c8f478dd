//! Headless Chromium, driven by its own driver.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};

use crate::{Found, PATIENCE, Page, tool, until};

/// The size of the window, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// 1280 by 900.
    Wide,
    /// 390 by 844: a phone of today.
    Phone,
    /// 320 by 640: the narrowest that must work, which is also 1280 at 400 %.
    Narrow,
}

impl Window {
    /// Width and height.
    pub fn size(self) -> (u32, u32) {
        match self {
            Self::Wide => (1280, 900),
            Self::Phone => (390, 844),
            Self::Narrow => (320, 640),
        }
    }
}

/// What the customer has set in the system. `Default` is a light scheme with motion.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// The dark scheme.
    pub dark: bool,
    /// High contrast with the system's own colours.
    pub forced_colors: bool,
    /// Less motion.
    pub reduced_motion: bool,
    /// As on paper.
    pub print: bool,
}

/// How a browser is started.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The window.
    pub window: Window,
    /// What the customer prefers to read, as `Accept-Language` has it: `en`, `zh-TW,zh`.
    pub languages: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            window: Window::Wide,
            languages: "en",
        }
    }
}

/// A browser with a profile of its own. All its processes are killed when it is dropped.
pub struct Browser {
    chromedriver: Child,
    port: u16,
    driver: Option<WebDriver>,
    profile: TempDir,
    setup: Setup,
}

impl Browser {
    /// A wide window in English.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// A browser as `setup` has it.
    pub async fn with(setup: Setup) -> Self {
        crate::prepare_tls();
        let program = tool("PORTICO_CHROMEDRIVER", "/usr/bin/chromedriver");
        let mut chromedriver = Command::new(&program)
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{} does not start: {e}", program.display()));
        let lines = BufReader::new(chromedriver.stdout.take().unwrap());
        let (tell, told) = mpsc::channel();
        // Reads to the end, because a full pipe would stop the driver.
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // It first says "port 0", then the port that it got.
                let port = line
                    .rsplit("on port ")
                    .next()
                    .and_then(|rest| rest.trim_end_matches('.').parse::<u16>().ok());
                if let Some(port) = port.filter(|port| *port != 0) {
                    tell.send(port).ok();
                }
            }
        });
        let port = tokio::task::spawn_blocking(move || told.recv_timeout(PATIENCE))
            .await
            .unwrap()
            .expect("chromedriver says its port");
        let profile = tempfile::Builder::new()
            .prefix("portico-profile-")
            .tempdir()
            .unwrap();
        let mut browser = Self {
            chromedriver,
            port,
            driver: None,
            profile,
            setup,
        };
        browser.open().await;
        browser
    }

    async fn open(&mut self) {
        let (width, height) = self.setup.window.size();
        let first = self.setup.languages.split(',').next().unwrap_or("en");
        let mut capabilities = DesiredCapabilities::chrome();
        let program = tool("PORTICO_CHROMIUM", "/usr/bin/chromium");
        capabilities
            .set_binary(program.to_str().expect("the path is text"))
            .unwrap();
        for flag in [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--no-first-run",
            "--no-default-browser-check",
            "--hide-scrollbars",
            // With the setting below, without the first, a frame of another site keeps nothing at all. The others draw
            // lists below the address bar, which takes more than half of what it costs to start a browser.
            "--disable-features=ThirdPartyStoragePartitioning,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
            &format!("--window-size={width},{height}"),
            &format!("--lang={first}"),
            &format!("--accept-lang={}", self.setup.languages),
            &format!("--user-data-dir={}", self.profile.path().display()),
        ] {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities
            .set("goog:loggingPrefs", json!({"browser": "ALL"}))
            .unwrap();
        let strict =
            json!({"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": true});
        capabilities
            .add_experimental_option("prefs", strict)
            .unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", self.port), capabilities)
            .await
            .expect("chromium starts");
        let page = Page::new(driver.clone());
        page.prepare().await;
        page.resize(width, height).await;
        self.driver = Some(driver);
    }

    /// The page in front.
    pub fn page(&self) -> Page {
        Page::new(self.driver.clone().expect("the browser is running"))
    }

    /// Opens a second tab of the same customer and brings it to the front; [`Browser::page`] and every
    /// page handle mean the tab in front.
    pub async fn new_tab(&self) -> Page {
        let driver = self.driver.as_ref().expect("the browser is running");
        let tab = driver.new_tab().await.unwrap();
        driver.switch_to_window(tab).await.unwrap();
        let page = self.page();
        let (width, height) = self.setup.window.size();
        page.prepare().await;
        page.resize(width, height).await;
        page
    }

    /// Brings the `n`-th tab (from 0, in order of opening) to the front.
    pub async fn tab(&self, n: usize) -> Page {
        let driver = self.driver.as_ref().expect("the browser is running");
        let tabs = driver.windows().await.unwrap();
        driver.switch_to_window(tabs[n].clone()).await.unwrap();
        self.page()
    }

    /// SIGKILL for every process of the browser, as when a phone's battery dies. The profile stays.
    pub async fn kill(&mut self) {
        if let Some(driver) = self.driver.take() {
            // There will be no session to end.
            driver.leak().ok();
        }
        until("the browser to be dead", || async {
            let alive = self.processes();
            for pid in &alive {
                // It may have gone by itself since the listing.
                kill_process(*pid, Signal::KILL).ok();
            }
            if alive.is_empty() {
                Ok(())
            } else {
                Err(format!("{} processes are alive", alive.len()))
            }
        })
        .await;
    }

    /// Starts it again on the same profile after [`Browser::kill`].
    pub async fn restart(&mut self) -> Page {
        assert!(self.driver.is_none(), "the browser is still running");
        self.open().await;
        self.page()
    }

    /// Presses what saves a file in the page in front, and gives the file of this name.
    pub async fn saved(&self, press: &Found, name: &str) -> Vec<u8> {
        let folder = self.profile.path().join("saved");
        let allow = json!({"behavior": "allow", "downloadPath": folder});
        self.page().cdp("Browser.setDownloadBehavior", allow).await;
        press.click().await;
        let file = folder.join(name);
        let bytes = until("the file to be saved", || async {
            // It has another name until it is whole; an empty one may keep its place.
            let bytes = std::fs::read(&file).map_err(|e| format!("{name}: {e}"))?;
            let whole = (!bytes.is_empty()).then_some(bytes);
            whole.ok_or_else(|| format!("{name} is empty"))
        })
        .await;
        std::fs::remove_file(file).unwrap();
        bytes
    }

    /// The folder that holds everything the browser keeps.
    pub fn profile(&self) -> PathBuf {
        self.profile.path().to_owned()
    }

    /// The processes of this browser, known by the profile on their command line.
    fn processes(&self) -> Vec<Pid> {
        let profile = self.profile.path().as_os_str().as_encoded_bytes();
        let Ok(all) = std::fs::read_dir("/proc") else {
            return Vec::new();
        };
        all.flatten()
            .filter_map(|entry| {
                entry
                    .file_name()
                    .to_str()?
                    .parse()
                    .ok()
                    .and_then(Pid::from_raw)
            })
            .filter(|pid| {
                let pid = pid.as_raw_nonzero();
                let is_dead = std::fs::read_to_string(format!("/proc/{pid}/stat"))
                    .is_ok_and(|stat| stat.contains(") Z "));
                let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                !is_dead && line.windows(profile.len()).any(|part| part == profile)
            })
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.leak().ok();
        }
        // Twice, because the first to die may have been about to start another.
        for _ in 0..2 {
            for pid in self.processes() {
                kill_process(pid, Signal::KILL).ok();
            }
        }
        self.chromedriver.kill().ok();
        self.chromedriver.wait().ok();
    }
}

/// The media features that stand for `look`, as the DevTools protocol wants them.
pub(crate) fn media(look: Look) -> Value {
    let scheme = if look.dark { "dark" } else { "light" };
    let forced = if look.forced_colors { "active" } else { "none" };
    let motion = if look.reduced_motion {
        "reduce"
    } else {
        "no-preference"
    };
    json!({
        "media": if look.print { "print" } else { "" },
        "features": [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "forced-colors", "value": forced},
            {"name": "prefers-reduced-motion", "value": motion},
        ],
    })
}
