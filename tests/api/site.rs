//! The site that the server serves: its policy, its caching, its deep links.

use portico_tests::{Api, Server, root};

/// The addresses of files that the page names.
fn named(page: &str) -> Vec<String> {
    let after = |attribute: &str| {
        let parts = page.split(attribute).skip(1);
        parts
            .filter_map(|part| part.split('"').next())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut found = after("href=\"");
    found.extend(after("src=\""));
    found.retain(|address| !address.starts_with('#'));
    found
}

#[tokio::test]
async fn every_page_is_the_same_document_under_the_strict_policy() {
    let server = Server::start().await;
    let site = Api::new(server.origin());
    let home = site.get("/").send().await.expect_status(200);
    for path in [
        "/",
        "/requests",
        "/requests/PT-7K3MQ-2Q8VX",
        "/new/billing-complaint",
        "/no/such/page",
    ] {
        let page = site.get(path).send().await.expect_status(200);
        assert_eq!(page.bytes, home.bytes, "{path}");
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "connect-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(
                policy.split(';').any(|given| given.trim() == rule),
                "{rule} is not in {policy}"
            );
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(
            page.header("cross-origin-opener-policy"),
            Some("same-origin")
        );
        assert!(
            page.header("permissions-policy")
                .is_some_and(|value| value.contains("camera=()"))
        );
    }
    assert!(
        !home.text().contains("<style") && !home.text().contains(" style="),
        "inline style in the document"
    );
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_every_file_comes_compressed_where_it_is() {
    let server = Server::start().await;
    let site = Api::new(server.origin());
    let home = site.get("/").send().await.expect_status(200).text();
    let files = named(&home);
    assert!(files.len() >= 2, "{files:?}");
    let mut hashed = 0;
    for file in files {
        let file = file
            .split('#')
            .next()
            .unwrap()
            .trim_start_matches('/')
            .to_owned();
        let answer = site
            .get(&format!("/{file}"))
            .send()
            .await
            .expect_status(200);
        let cache = answer.header("cache-control").unwrap();
        let long = cache.contains("immutable") && cache.contains("max-age=31536000");
        assert!(long || cache == "no-cache", "{file}: {cache}");
        hashed += usize::from(long);
        let packed = site
            .get(&format!("/{file}"))
            .header("accept-encoding", "br")
            .send()
            .await
            .expect_status(200);
        if root()
            .join("target/site")
            .join(format!("{file}.br"))
            .exists()
        {
            assert_eq!(packed.header("content-encoding"), Some("br"), "{file}");
            assert!(packed.bytes.len() < answer.bytes.len(), "{file}");
        }
    }
    assert!(hashed > 0, "no file has a hashed name");
    let address = site.get("/portico.json").send().await.expect_status(200);
    assert_eq!(address.header("cache-control"), Some("no-cache"));
    assert!(address.json["api"].is_string());
}

#[tokio::test]
async fn nothing_but_the_site_is_served() {
    let server = Server::start().await;
    let site = Api::new(server.origin());
    for path in [
        "/no-such.js",
        "/app.js.map",
        "/..%2f..%2fCargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/.git/config",
        "/portico.db",
        "/portal/v1/..%2f..%2fportico.json",
    ] {
        let answer = site.get(path).send().await;
        assert_eq!(answer.status, 404, "{path}");
    }
}
