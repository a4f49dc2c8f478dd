//! The example of a compatible server, in Python, as a process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::server::DESK_TOKEN;
use crate::{Api, root};

/// A running `examples/compatible/server.py`. Killed when dropped.
pub struct Example {
    child: Child,
    origin: String,
}

impl Example {
    /// Starts it on a free port, for pages of `allowed`.
    pub async fn start(allowed: &str) -> Self {
        let mut child = Command::new("python3")
            .arg(root().join("examples/compatible/server.py"))
            .args(["--listen", "127.0.0.1:0", "--allow-origin", allowed])
            .args(["--desk-token", DESK_TOKEN])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = tokio::task::spawn_blocking(move || lines.next())
            .await
            .unwrap();
        let told = told
            .and_then(Result::ok)
            .expect("the example says where it listens");
        let origin = told.strip_prefix("listening on ").expect(&told).to_owned();
        Self { child, origin }
    }

    /// `http://127.0.0.1:port`
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// A client of the ticket API without a session.
    pub fn guest(&self) -> Api {
        Api::new(format!("{}/portal/v1", self.origin))
    }

    /// A client of the desk.
    pub fn desk(&self) -> Api {
        Api::new(format!("{}/desk/v1", self.origin)).bearer(DESK_TOKEN)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It keeps nothing.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
