//! A real provider of OpenID Connect: npm's `oidc-provider`, which set-up installs.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::json;
use tempfile::TempDir;

use crate::{Server, root, tool};

const SECRET: &str = "the secret of the portal at the provider";

/// A running provider. Killed when dropped.
pub struct OidcProvider {
    child: Child,
    told: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
    port: String,
    home: TempDir,
}

impl OidcProvider {
    /// Starts it on a free port. It is not well until [`OidcProvider::serve`].
    pub fn start() -> Self {
        let package = tool(
            "PORTICO_OIDC_PROVIDER",
            "target/tools/oidc-provider/node_modules/oidc-provider/lib/index.js",
        );
        let mut child = Command::new("node")
            .arg(root().join("tests/harness/oidc-provider.mjs"))
            .arg(package)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("node does not start: {e}"));
        let mut says = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = says.next().expect("the provider says its port").unwrap();
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("secret"), SECRET).unwrap();
        Self {
            told: child.stdin.take().unwrap(),
            port: first.strip_prefix("port ").unwrap().to_owned(),
            child,
            says,
            home,
        }
    }

    /// Lines of a configuration that let customers sign in here. A name of this machine that is not the server's, so
    /// that the two are different sites.
    pub fn configuration(&self) -> String {
        format!(
            "[oidc.example]\nlabel = {{ en = \"Example account\", zh-Hans = \"示例账号\", zh-Hant = \"範例帳號\" }}\n\
             issuer = \"http://localhost:{}\"\nclient_id = \"portico\"\nclient_secret_file = \"{}\"\n",
            self.port,
            self.home.path().join("secret").display()
        )
    }

    /// From now on it serves the customers of this server.
    pub fn serve(&mut self, server: &Server) {
        let client = json!({
            "secret": SECRET,
            "redirect": server.url("/oidc/example/callback"),
            "home": server.url("/"),
        });
        writeln!(self.told, "{client}").unwrap();
        let ready = self.says.next().expect("the provider is ready").unwrap();
        assert_eq!(ready, "ready");
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
