//! Real desks for tests: installed from packages, filled by `tests/desks`, run on loopback and stopped by their pid.
//!
//! A desk whose packages cannot be installed is left out, aloud. One that is installed and does not start is an error.

use crate::{
    process::{copy_dir, find, run, step},
    setup::{apt_get, once},
};
use anyhow::{Context, Result, bail};
use std::{
    env,
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What `tests/desks` holds for them.
const SOURCES: &str = "tests/desks";
/// Databases as they are before the first test, and what a run makes of them.
const SEEDED: &str = "target/desks/seeded";
const RUNNING: &str = "target/desks/running";

const RT_SERVER: &str = "/usr/share/request-tracker5/libexec/rt-server";
const RT_PACKAGES: [&str; 4] = [
    "request-tracker5",
    "rt5-db-sqlite",
    "rt5-standalone",
    // Small, where RT would otherwise bring a mail server along.
    "msmtp-mta",
];
const REDMINE: &str = "/usr/share/redmine";
const REDMINE_PACKAGES: [&str; 2] = ["redmine", "redmine-sqlite"];
const PYTHON_DIR: &str = "target/tools/helpdesk";

/// Longer than any of them takes to start on a slow machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Desks that run until this is dropped.
pub(crate) struct Desks(Vec<Desk>);

struct Desk {
    name: &'static str,
    variable: &'static str,
    url: String,
    child: Child,
}

impl Desks {
    /// Installs, fills and starts all that can be.
    pub(crate) fn start() -> Result<Self> {
        let mut desks = Self(Vec::new());
        desks.add("Request Tracker", install_request_tracker, request_tracker)?;
        desks.add("Redmine", install_redmine, redmine)?;
        desks.add("django-helpdesk", install_django_helpdesk, django_helpdesk)?;
        Ok(desks)
    }

    fn add(
        &mut self,
        name: &str,
        install: fn() -> Result<()>,
        start: fn() -> Result<Desk>,
    ) -> Result<()> {
        if let Err(error) = install() {
            eprintln!(
                "\nSKIPPED: {name} cannot be installed here, so nothing is tested against it: \
                 {error:#}"
            );
            return Ok(());
        }
        step(&format!("Starting {name}"));
        let mut desk = start().with_context(|| name.to_owned())?;
        desk.wait()?;
        eprintln!("   {name} is at {}", desk.url);
        self.0.push(desk);
        Ok(())
    }

    /// Addresses by the names under which tests look for them.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|desk| (desk.variable, desk.url.as_str()))
    }

    /// Keeps them until one of them ends; Ctrl-C ends all.
    pub(crate) fn stay(mut self) -> Result<()> {
        step("The desks run; Ctrl-C ends them");
        loop {
            for desk in &mut self.0 {
                if let Some(status) = desk.child.try_wait()? {
                    bail!("{} has ended: {status}", desk.name);
                }
            }
            if self.0.is_empty() {
                bail!("there is none");
            }
            thread::sleep(Duration::from_secs(1));
        }
    }
}

impl Desk {
    /// Waits until it answers.
    fn wait(&mut self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let address = self.url.trim_start_matches("http://").to_owned();
        while !answers(&address) {
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "{} has ended ({status}); {RUNNING} holds its log",
                    self.name
                );
            }
            if Instant::now() > end {
                bail!("{} does not answer at {}", self.name, self.url);
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // Asked rather than killed: Request Tracker has workers that it takes along.
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").arg(pid).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

fn answers(address: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let mut begin = [0; 5];
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .is_ok()
        && write!(stream, "GET / HTTP/1.0\r\nHost: {address}\r\n\r\n").is_ok()
        && stream.read_exact(&mut begin).is_ok()
        && begin == *b"HTTP/"
}

fn install_request_tracker() -> Result<()> {
    debian("Request Tracker", RT_SERVER, &RT_PACKAGES)
}

fn request_tracker() -> Result<Desk> {
    let sources = here(SOURCES)?.join("request_tracker");
    let perl = |program: &str, data: &Path, port: u16| -> Result<Command> {
        // Only our own settings, none of the machine's.
        fs::create_dir_all(data.join("no-other-settings"))?;
        let mut command = Command::new(program);
        command
            .env("DESK_DATA", data)
            .env("DESK_PORT", port.to_string())
            .env("RT_SITE_CONFIG", sources.join("RT_SiteConfig.pm"))
            .env("RT_SITE_CONFIG_DIR", data.join("no-other-settings"));
        Ok(command)
    };
    let data = fresh(
        "request_tracker",
        &["RT_SiteConfig.pm", "seed.pl"],
        |data| {
            let setup = "rt-setup-database-5";
            run(perl(setup, data, 80)?.args(["--action", "init", "--skip-create"]))?;
            run(perl(setup, data, 80)?
                .args(["--action", "insert", "--datafile"])
                .arg(sources.join("seed.pl")))
        },
    )?;
    let port = free_port()?;
    let mut command = perl(RT_SERVER, &data, port)?;
    command
        .args([
            "--server",
            "Starlet",
            "--host",
            "127.0.0.1",
            "--max-workers",
            "2",
        ])
        .args(["--port", &port.to_string()]);
    desk(
        "Request Tracker",
        "PORTICO_DESK_REQUEST_TRACKER",
        &data,
        port,
        command,
    )
}

fn install_redmine() -> Result<()> {
    if !Path::new(REDMINE).exists() {
        // Its database is ours; that of the package would only be in the way.
        let answer = "redmine redmine/instances/default/dbconfig-install boolean false\n";
        let mut answers = Command::new("debconf-set-selections")
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(stdin) = &mut answers.stdin {
            stdin.write_all(answer.as_bytes())?;
        }
        answers.wait()?;
    }
    debian("Redmine", REDMINE, &REDMINE_PACKAGES)
}

fn redmine() -> Result<Desk> {
    let sources = here(SOURCES)?.join("redmine");
    let ruby = |program: &str, data: &Path| {
        let mut command = Command::new(program);
        command
            .current_dir(REDMINE)
            .env("DESK_DATA", data)
            .env("HOME", data)
            .env("RAILS_ENV", "production")
            .env("REDMINE_LANG", "en")
            // Debian's Redmine looks for an instance below its own folder: this is the way from there to ours.
            .env("REDMINE_INSTANCE", format!("../../../..{}", data.display()));
        command
    };
    let data = fresh("redmine", &["database.yml", "seed.rb"], |data| {
        for folder in ["config", "files", "log", "tmp"] {
            fs::create_dir_all(data.join(folder))?;
        }
        fs::copy(
            sources.join("database.yml"),
            data.join("config/database.yml"),
        )?;
        fs::write(
            data.join("config/secret_key.txt"),
            "only for tests on this machine ".repeat(3),
        )?;
        // One after the other: whoever migrates does not see the new columns.
        for task in ["db:migrate", "redmine:load_default_data"] {
            run(ruby("bundle", data)
                .args(["exec", "rake", task])
                .env("VERBOSE", "false"))?;
        }
        run(ruby("bundle", data)
            .args(["exec", "rails", "runner"])
            .arg(sources.join("seed.rb")))
    })?;
    let port = free_port()?;
    let mut command = ruby("rackup", &data);
    command
        .args([
            "--server",
            "webrick",
            "--host",
            "127.0.0.1",
            "--env",
            "production",
        ])
        .args(["--port", &port.to_string()])
        .arg(sources.join("config.ru"))
        // Bundler hides it otherwise.
        .env("RUBYOPT", "-rwebrick");
    desk("Redmine", "PORTICO_DESK_REDMINE", &data, port, command)
}

fn install_django_helpdesk() -> Result<()> {
    let requirements = here(SOURCES)?.join("django_helpdesk/requirements.txt");
    once(PYTHON_DIR, &fs::read_to_string(&requirements)?, || {
        step("Installing django-helpdesk");
        run(Command::new("python3").args(["-m", "venv", "--clear", PYTHON_DIR]))?;
        run(Command::new(Path::new(PYTHON_DIR).join("bin/python"))
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--progress-bar=off",
            ])
            .arg("--requirement")
            .arg(&requirements))
    })
}

fn django_helpdesk() -> Result<Desk> {
    let sources = here(SOURCES)?.join("django_helpdesk");
    let interpreter = here(PYTHON_DIR)?.join("bin/python");
    let python = |data: &Path| {
        let mut command = Command::new(&interpreter);
        command
            .env("DESK_DATA", data)
            .env("DJANGO_SETTINGS_MODULE", "settings")
            .env("PYTHONPATH", &sources)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let data = fresh(
        "django_helpdesk",
        &["requirements.txt", "settings.py", "seed.py"],
        |data| {
            run(python(data).args(["-m", "django", "migrate", "--verbosity", "0"]))?;
            run(python(data).args(["-m", "django", "loaddata", "emailtemplate.json"]))?;
            run(python(data).arg(sources.join("seed.py")))
        },
    )?;
    let port = free_port()?;
    let mut command = python(&data);
    command
        .args(["-m", "django", "runserver", "--noreload"])
        .arg(format!("127.0.0.1:{port}"));
    desk(
        "django-helpdesk",
        "PORTICO_DESK_DJANGO_HELPDESK",
        &data,
        port,
        command,
    )
}

/// Installs Debian packages, unless what they bring is there.
fn debian(name: &str, brings: &str, packages: &[&str]) -> Result<()> {
    if Path::new(brings).exists() {
        return Ok(());
    }
    if find("apt-get").is_none() {
        bail!("apt-get is not here; it would install {packages:?}");
    }
    step(&format!("Installing {name}, which takes some minutes"));
    run(apt_get().arg("update"))?;
    run(apt_get()
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages))
}

/// A folder with the data of a desk that nobody has used yet; it is filled once for the same sources.
fn fresh(name: &str, sources: &[&str], fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let mut wanted = String::new();
    for file in sources {
        wanted.push_str(&fs::read_to_string(
            Path::new(SOURCES).join(name).join(file),
        )?);
    }
    let seeded = here(SEEDED)?.join(name);
    once(&format!("{SEEDED}/{name}"), &wanted, || {
        step(&format!("Filling {name}"));
        fs::remove_dir_all(&seeded)?;
        fs::create_dir_all(&seeded)?;
        fill(&seeded)
    })?;
    let data = here(RUNNING)?.join(name);
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    copy_dir(&seeded, &data)?;
    Ok(data)
}

fn desk(
    name: &'static str,
    variable: &'static str,
    data: &Path,
    port: u16,
    mut command: Command,
) -> Result<Desk> {
    let log = File::create(data.join("output.log"))?;
    let child = command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| name.to_owned())?;
    Ok(Desk {
        name,
        variable,
        url: format!("http://127.0.0.1:{port}"),
        child,
    })
}

/// One that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn here(path: &str) -> Result<PathBuf> {
    Ok(env::current_dir()?.join(path))
}
