//! Signing in at a provider of OpenID Connect, and every answer of one that is not to be believed.

mod provider;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use portico_tests::host::now;
use portico_tests::server::program;
use portico_tests::{Api, Options, Reply, Server, until};
use provider::{CLIENT, FIRST, Provider, SECOND, SECRET, Twist, parameter};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

const RSA_PRIVATE: &str = include_str!("../keys/rsa.pem");

/// A server that lets customers sign in at a provider.
struct Place {
    server: Server,
    config: String,
    provider: Provider,
    _secret: TempDir,
}

/// An attempt: what the browser brings back.
struct Attempt {
    cookie: String,
    location: Url,
    state: String,
}

async fn place() -> Place {
    place_with("[rates]\nwrong_codes_per_client = { count = 1000, minutes = 15 }\n").await
}

/// With lines at the end of the configuration.
async fn place_with(lines: &str) -> Place {
    place_of(Provider::start().await, lines).await
}

async fn place_of(provider: Provider, lines: &str) -> Place {
    let secret = tempfile::tempdir().unwrap();
    let file = secret.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let config = format!(
        "[oidc.test]\nlabel = {{ en = \"Example\", zh-Hans = \"示例\", zh-Hant = \"範例\" }}\nissuer = \"{}\"\n\
         client_id = \"{CLIENT}\"\nclient_secret_file = \"{}\"\n{lines}",
        provider.issuer(),
        file.display()
    );
    let server = Server::with(Options {
        config: Some(config.clone()),
        ..Options::default()
    });
    Place {
        server: server.await,
        config,
        provider,
        _secret: secret,
    }
}

impl Place {
    /// Begins as a browser does.
    async fn begin(&self, then: &str) -> Attempt {
        let begun = self.ask(then).await.expect_status(200);
        let cookie = begun.header("set-cookie").unwrap();
        for flag in [
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
            "; Path=/",
            "; Max-Age=600",
        ] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let location = Url::parse(&begun.text_at("/location")).unwrap();
        let state = parameter(&location, "state");
        Attempt {
            cookie,
            location,
            state,
        }
    }

    async fn ask(&self, then: &str) -> Reply {
        let asked = self.server.guest().post("/session/providers/test");
        asked.json(&json!({"then": then})).send().await
    }

    /// The browser is sent back with these parameters beside the state.
    async fn come_back(&self, attempt: &Attempt, with: &[(&str, &str)]) -> Reply {
        let mut pairs = vec![("state", attempt.state.as_str())];
        pairs.extend(with);
        self.arrive(Some(&attempt.cookie), &pairs).await
    }

    async fn arrive(&self, cookie: Option<&str>, pairs: &[(&str, &str)]) -> Reply {
        let mut url = Url::parse("http://x/oidc/test/callback").unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let call = Api::new(self.server.origin()).get(&path);
        match cookie {
            Some(cookie) => call.header("cookie", cookie).send().await,
            None => call.send().await,
        }
    }

    /// All of it: begins, signs in at the provider, comes back.
    async fn sign_in(&self) -> Reply {
        let attempt = self.begin("/new/billing-complaint?step=2").await;
        let code = self.provider.grant(&attempt.location);
        let answer = [("code", code.as_str()), ("iss", self.provider.issuer())];
        self.come_back(&attempt, &answer).await.expect_status(303)
    }

    /// The customer of the session that an answer has opened.
    async fn customer(&self, answer: &Reply) -> Value {
        let session = session(answer).unwrap_or_else(|| panic!("{:?}", answer.headers));
        let asked = self
            .server
            .guest()
            .get("/session")
            .header("cookie", &session);
        asked.send().await.expect_status(200).json
    }

    fn told(&self, reason: &str) -> usize {
        let line = format!("\"reason\":\"{reason}\"");
        self.server.log().matches(&line).count()
    }

    /// Panics unless this answer signs nobody in, says `trouble` on the sign-in page and `reason` in the log.
    #[track_caller]
    fn expect_refused(&self, answer: &Reply, reason: &str, trouble: &str, before: usize) {
        assert_eq!(answer.status, 303, "{reason}");
        assert_eq!(session(answer), None, "{reason}");
        let location = answer.header("location").unwrap();
        assert!(
            location.starts_with("/sign-in?") && location.ends_with(&format!("trouble={trouble}")),
            "{reason}: {location}"
        );
        assert_eq!(
            self.told(reason),
            before + 1,
            "{reason}: {}",
            self.server.log()
        );
    }
}

/// The cookie of the session that an answer sets.
fn session(answer: &Reply) -> Option<String> {
    let set = answer.headers.get_all("set-cookie").iter();
    let pairs = set.filter_map(|value| value.to_str().ok()?.split(';').next());
    pairs
        .map(str::to_owned)
        .find(|pair| pair.starts_with("__Host-portico="))
}

#[tokio::test]
async fn a_customer_signs_in_and_comes_back_to_where_they_were() {
    let place = place().await;
    let config = place
        .server
        .guest()
        .get("/config")
        .language("zh-Hant")
        .send()
        .await;
    let offered = json!([{"id": "test", "label": "範例"}]);
    assert_eq!(config.json["sign_in_providers"], offered);

    let attempt = place.begin("/new/billing-complaint?step=2").await;
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
        ("tenant", "1"),
    ] {
        assert_eq!(parameter(&attempt.location, name), value);
    }
    let redirect = format!("{}/oidc/test/callback", place.server.origin());
    assert_eq!(parameter(&attempt.location, "redirect_uri"), redirect);
    let code = place.provider.grant(&attempt.location);
    let issuer = place.provider.issuer();
    let back = place
        .come_back(&attempt, &[("code", &code), ("iss", issuer)])
        .await;
    let back = back.expect_status(303);
    assert_eq!(
        back.header("location"),
        Some("/new/billing-complaint?step=2")
    );
    let name = attempt.cookie.split('=').next().unwrap();
    let mut set = back.headers.get_all("set-cookie").iter();
    assert!(set.any(|cookie| {
        let cookie = cookie.to_str().unwrap();
        cookie.starts_with(&format!("{name}=; ")) && cookie.contains("Max-Age=0")
    }));

    let me = place.customer(&back).await;
    assert_eq!(me["customer"]["email"], "ann@example.com");
    assert_eq!(me["customer"]["name"], "Ann");
    assert_eq!(me["provider"]["id"], "test");
    let end = Url::parse(me["provider"]["sign_out"].as_str().unwrap()).unwrap();
    assert_eq!(end.path(), "/end");
    assert_eq!(parameter(&end, "client_id"), CLIENT);
    let home = format!("{}/", place.server.origin());
    assert_eq!(parameter(&end, "post_logout_redirect_uri"), home);

    // The same customer by the provider's name for them, whatever else has changed there; and by a code.
    place.provider.twist(Twist {
        claims: json!({"email": "new@example.com", "name": "Anna"}),
        ..Twist::default()
    });
    let again = place.customer(&place.sign_in().await).await;
    assert_eq!(again["customer"], me["customer"]);
    let by_code = place.server.customer("ann@example.com").await;
    let by_code = by_code.get("/session").send().await.expect_status(200);
    assert_eq!(by_code.json["customer"]["id"], me["customer"]["id"]);
    assert_eq!(by_code.json["provider"], Value::Null);
    let log = place.server.log();
    for secret in [
        "ann@example.com",
        "ann-1",
        code.as_str(),
        SECRET,
        &attempt.state,
    ] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

#[tokio::test]
async fn a_provider_that_keeps_addresses_out_of_the_token_is_asked_for_them() {
    let place = place().await;
    let bare = || json!({"email": null, "email_verified": null, "name": null});
    place.provider.twist(Twist {
        claims: bare(),
        userinfo: (
            200,
            json!({"sub": "ann-1", "email": "ann@example.com", "email_verified": "true", "name": "Ann"}),
        ),
        ..Twist::default()
    });
    let me = place.customer(&place.sign_in().await).await;
    assert_eq!(me["customer"]["email"], "ann@example.com");
    // Who is known is not asked about again.
    place.provider.twist(Twist {
        claims: bare(),
        userinfo: (500, json!({})),
        ..Twist::default()
    });
    let again = place.customer(&place.sign_in().await).await;
    assert_eq!(again["customer"]["id"], me["customer"]["id"]);
}

#[tokio::test]
async fn an_address_that_the_provider_has_not_verified_opens_nothing_of_its_owner() {
    let place = place().await;
    place.server.customer("ann@example.com").await;
    for (n, verified) in [json!(false), json!("no"), json!(1), Value::Null]
        .into_iter()
        .enumerate()
    {
        place.provider.twist(Twist {
            claims: json!({"email_verified": verified}),
            ..Twist::default()
        });
        let answer = place.sign_in().await;
        place.expect_refused(&answer, "no_address", "no_address", n);
    }
}

#[tokio::test]
async fn another_claim_can_name_the_customer() {
    let place = place_with("subject_claim = \"employee\"\n").await;
    place.provider.twist(Twist {
        claims: json!({"employee": "e-7"}),
        ..Twist::default()
    });
    let me = place.customer(&place.sign_in().await).await;
    place.provider.twist(Twist {
        claims: json!({"employee": "e-7", "sub": "ann-2", "email": "other@example.com"}),
        ..Twist::default()
    });
    let again = place.customer(&place.sign_in().await).await;
    assert_eq!(again["customer"]["id"], me["customer"]["id"]);
    place.provider.twist(Twist::default());
    let answer = place.sign_in().await;
    place.expect_refused(&answer, "unnamed", "refused", 0);
}

#[tokio::test]
async fn keys_change_and_a_clock_is_a_little_wrong() {
    let place = place().await;
    place.customer(&place.sign_in().await).await;
    // Straight after the first were fetched.
    place.provider.twist(Twist {
        key: SECOND,
        keys: (200, SECOND.published()),
        claims: json!({"exp": now() - 40, "iat": now() + 40, "nbf": now() + 40}),
        ..Twist::default()
    });
    place.customer(&place.sign_in().await).await;
}

#[tokio::test]
async fn tokens_of_rsa_are_believed_too() {
    fn rsa() -> EncodingKey {
        EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).unwrap()
    }
    for (token, algorithm) in [
        (rs256 as fn(&Value) -> String, Algorithm::RS256),
        (ps256, Algorithm::PS256),
    ] {
        let place = place().await;
        let mut jwk = Jwk::from_encoding_key(&rsa(), algorithm).unwrap();
        assert!(matches!(jwk.algorithm, AlgorithmParameters::RSA(_)));
        jwk.common.key_algorithm = None;
        place.provider.twist(Twist {
            token: Some(token),
            keys: (200, json!({"keys": [{"kty": "of tomorrow"}, jwk]})),
            ..Twist::default()
        });
        place.customer(&place.sign_in().await).await;
    }
    fn rs256(claims: &Value) -> String {
        encode(&Header::new(Algorithm::RS256), claims, &rsa()).unwrap()
    }
    fn ps256(claims: &Value) -> String {
        encode(&Header::new(Algorithm::PS256), claims, &rsa()).unwrap()
    }
}

/// With the public key, which anybody has, as if it were a secret.
fn confused(claims: &Value) -> String {
    let public = FIRST.published()["keys"][0]["x"]
        .as_str()
        .unwrap()
        .to_owned();
    let public = URL_SAFE_NO_PAD.decode(public).unwrap();
    by_secret(&public, claims)
}

fn by_secret(secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

/// Of another attempt of the same customer, whose token is good.
fn changed(claims: &Value) -> String {
    let token = FIRST.signs(Some("first"), claims);
    let parts: Vec<_> = token.split('.').collect();
    let mut claims = claims.clone();
    claims["sub"] = json!("ben-1");
    let body = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{}.{body}.{}", parts[0], parts[2])
}

#[tokio::test]
async fn every_id_token_that_is_not_to_be_believed_is_refused_and_the_log_says_why() {
    let place = place().await;
    let claims = |claims| Twist {
        claims,
        ..Twist::default()
    };
    let token = |token: fn(&Value) -> String| Twist {
        token: Some(token),
        ..Twist::default()
    };
    let refuses = |status, body| Twist {
        refuses: Some((status, body)),
        ..Twist::default()
    };
    let userinfo = |status, told| Twist {
        claims: json!({"email": null}),
        userinfo: (status, told),
        ..Twist::default()
    };
    let cases: Vec<(&str, &str, Twist)> = vec![
        (
            "issuer",
            "refused",
            claims(json!({"iss": "https://evil.example"})),
        ),
        (
            "audience",
            "refused",
            claims(json!({"aud": "another client"})),
        ),
        ("audience", "refused", claims(json!({"aud": []}))),
        (
            "authorized_party",
            "refused",
            claims(json!({"aud": [CLIENT, "another client"]})),
        ),
        (
            "authorized_party",
            "refused",
            claims(json!({"azp": "another client"})),
        ),
        ("expired", "refused", claims(json!({"exp": now() - 120}))),
        (
            "not_yet_valid",
            "refused",
            claims(json!({"iat": now() + 180})),
        ),
        (
            "not_yet_valid",
            "refused",
            claims(json!({"nbf": now() + 180})),
        ),
        (
            "nonce",
            "refused",
            claims(json!({"nonce": "of another attempt"})),
        ),
        ("nonce", "refused", claims(json!({"nonce": null}))),
        ("unnamed", "refused", claims(json!({"sub": ""}))),
        (
            "unnamed",
            "refused",
            claims(json!({"sub": "x".repeat(300)})),
        ),
        ("malformed", "refused", claims(json!({"exp": null}))),
        ("malformed", "refused", claims(json!({"iat": "today"}))),
        ("malformed", "refused", token(|_| "no token".to_owned())),
        (
            "malformed",
            "refused",
            token(|_| "sealed.to.nobody.in.particular".to_owned()),
        ),
        (
            "too_long",
            "refused",
            claims(json!({"name": "x".repeat(10 * 1024)})),
        ),
        ("unsigned", "refused", token(unsigned)),
        ("algorithm", "refused", token(confused)),
        (
            "algorithm",
            "refused",
            token(|claims| by_secret(SECRET.as_bytes(), claims)),
        ),
        (
            "signature",
            "refused",
            token(|claims| SECOND.signs(Some("first"), claims)),
        ),
        (
            "signature",
            "refused",
            token(|claims| SECOND.signs(None, claims)),
        ),
        ("signature", "refused", token(changed)),
        (
            "unknown_key",
            "refused",
            token(|claims| SECOND.signs(Some("second"), claims)),
        ),
        (
            "code",
            "refused",
            refuses(400, json!({"error": "invalid_grant"})),
        ),
        ("code", "refused", refuses(200, json!("no tokens"))),
        (
            "no_id_token",
            "refused",
            refuses(200, json!({"access_token": "access"})),
        ),
        (
            "client",
            "unavailable",
            refuses(401, json!({"error": "invalid_client"})),
        ),
        ("unreachable", "unavailable", refuses(503, json!({}))),
        (
            "userinfo",
            "refused",
            userinfo(
                200,
                json!({"sub": "ben-1", "email": "ben@example.com", "email_verified": true}),
            ),
        ),
        ("userinfo", "refused", userinfo(401, json!({}))),
        ("unreachable", "unavailable", userinfo(500, json!({}))),
        (
            "no_address",
            "no_address",
            userinfo(200, json!({"sub": "ann-1"})),
        ),
    ];
    for (reason, trouble, twist) in cases {
        let before = place.told(reason);
        place.provider.twist(twist);
        let answer = place.sign_in().await;
        place.expect_refused(&answer, reason, trouble, before);
        // Where they were is not forgotten.
        let location = answer.header("location").unwrap();
        assert!(
            location.starts_with("/sign-in?then=%2Fnew%2Fbilling-complaint%3Fstep%3D2&"),
            "{location}"
        );
    }
    place.provider.twist(Twist::default());
    place.customer(&place.sign_in().await).await;
}

#[tokio::test]
async fn an_answer_belongs_to_the_browser_that_began_and_works_once() {
    let mut place = place().await;
    let issuer = place.provider.issuer().to_owned();
    let refused =
        async |place: &Place, cookie: Option<&str>, pairs: &[(&str, &str)], told: [&str; 2]| {
            let before = place.told(told[0]);
            let answer = place.arrive(cookie, pairs).await;
            place.expect_refused(&answer, told[0], told[1], before);
        };
    let mine = place.begin("/").await;
    let other = place.begin("/").await;
    let code = place.provider.grant(&mine.location);
    let (state, code) = (("state", mine.state.as_str()), ("code", code.as_str()));
    let iss = ("iss", issuer.as_str());
    let cookie = Some(mine.cookie.as_str());
    for (cookie, pairs, told) in [
        (None, vec![state, code, iss], ["no_attempt", "over"]),
        (
            Some(other.cookie.as_str()),
            vec![state, code, iss],
            ["state", "over"],
        ),
        (
            cookie,
            vec![("state", "made up"), code, iss],
            ["state", "over"],
        ),
        (cookie, vec![code, iss], ["answer", "refused"]),
        (cookie, vec![state, state, code, iss], ["answer", "refused"]),
        (
            cookie,
            vec![state, code, ("code", "another"), iss],
            ["answer", "refused"],
        ),
    ] {
        refused(&place, cookie, &pairs, told).await;
    }
    // A cookie that was tampered with belongs to no answer.
    let longer = mine.cookie.replacen(".1", ".2", 1);
    refused(
        &place,
        Some(&longer),
        &[state, code, iss],
        ["state", "over"],
    )
    .await;
    // None of that has used it up; two attempts beside each other do not disturb each other.
    let both = format!("{}; {}", other.cookie, mine.cookie);
    let back = place.arrive(Some(&both), &[state, code, iss]).await;
    place.customer(&back).await;
    refused(&place, cookie, &[state, code, iss], ["replayed", "over"]).await;
    // What is in order is counted as used before the provider is asked, whatever it says then.
    for (answer, told) in [
        (vec![iss], ["answer", "refused"]),
        (vec![code], ["answer_issuer", "refused"]),
        (
            vec![code, ("iss", "https://evil.example")],
            ["answer_issuer", "refused"],
        ),
        (
            vec![("error", "access_denied"), iss],
            ["access_denied", "cancelled"],
        ),
        (
            vec![("error", "server_error"), iss],
            ["unreachable", "unavailable"],
        ),
        (
            vec![("error", "<script>"), iss],
            ["provider_error", "refused"],
        ),
        (vec![("code", "code 99"), iss], ["code", "refused"]),
    ] {
        let attempt = place.begin("/").await;
        let mut pairs = vec![("state", attempt.state.as_str())];
        pairs.extend(answer);
        refused(&place, Some(&attempt.cookie), &pairs, told).await;
        refused(&place, Some(&attempt.cookie), &pairs, ["replayed", "over"]).await;
    }
    assert!(!place.server.log().contains("<script>"));
    let nowhere = Api::new(place.server.origin()).get("/oidc/nobody/callback?state=x&code=y");
    place.expect_refused(&nowhere.send().await, "unknown_provider", "refused", 0);

    let late = place.begin("/").await;
    let code = place.provider.grant(&late.location);
    place.server.travel("+11m").await;
    let pairs = [("state", late.state.as_str()), ("code", code.as_str()), iss];
    refused(&place, Some(&late.cookie), &pairs, ["too_late", "over"]).await;
}

#[tokio::test]
async fn the_way_back_leads_nowhere_but_into_the_portal() {
    let place = place().await;
    let long = format!("/{}", "x".repeat(2_000));
    for then in [
        "",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nb",
        "/ü",
        &long,
    ] {
        place.ask(then).await.expect_invalid("/then");
    }
    // Nor when the browser's own cookie says so.
    let attempt = place.begin("/").await;
    let (head, _) = attempt.cookie.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", URL_SAFE_NO_PAD.encode("//evil.example"));
    let pairs = [("state", attempt.state.as_str()), ("code", "code 0")];
    let answer = place.arrive(Some(&forged), &pairs).await;
    place.expect_refused(&answer, "state", "over", 0);
    let unknown = place.server.guest().post("/session/providers/nobody");
    let unknown = unknown.json(&json!({"then": "/"})).send().await;
    unknown.expect_problem(404, "not_found");
}

#[tokio::test]
async fn wrong_answers_are_counted_and_turning_back_is_not() {
    let place = place_with("[rates]\nwrong_codes_per_client = { count = 2, minutes = 15 }\n").await;
    let issuer = place.provider.issuer().to_owned();
    let back = async |answer: (&str, &str)| {
        let attempt = place.begin("/").await;
        place.come_back(&attempt, &[answer, ("iss", &issuer)]).await
    };
    for n in 0..3 {
        let answer = back(("error", "access_denied")).await;
        place.expect_refused(&answer, "access_denied", "cancelled", n);
    }
    for n in 0..2 {
        place.customer(&place.sign_in().await).await;
        place.expect_refused(&back(("code", "code 99")).await, "code", "refused", n);
    }
    place.expect_refused(
        &back(("code", "code 99")).await,
        "too_often",
        "too_often",
        0,
    );
}

#[tokio::test]
async fn a_provider_that_is_away_or_says_nonsense_stops_nobody_but_who_signs_in_there() {
    let place = place().await;
    let discovery = |discovery| Twist {
        discovery,
        ..Twist::default()
    };
    let wrong = [
        (
            "discovery",
            discovery(json!({"issuer": "https://evil.example"})),
        ),
        (
            "discovery",
            discovery(json!({"issuer": format!("{}/", place.provider.issuer())})),
        ),
        (
            "discovery",
            discovery(json!({"token_endpoint": "http://evil.example/token"})),
        ),
        ("discovery", discovery(json!({"jwks_uri": null}))),
        (
            "discovery",
            discovery(json!({"token_endpoint_auth_methods_supported": ["private_key_jwt"]})),
        ),
    ];
    for (reason, twist) in wrong {
        place.provider.twist(twist);
        let mut server = Server::with(Options {
            config: Some(place.config.clone()),
            ..Options::default()
        })
        .await;
        until("the log to say it", || async {
            let told = server.log().contains("a sign-in provider cannot be used");
            told.then_some(()).ok_or_else(|| server.log())
        })
        .await;
        let asked = server
            .guest()
            .post("/session/providers/test")
            .json(&json!({"then": "/"}));
        asked
            .send()
            .await
            .expect_problem(503, "backend_unavailable");
        assert!(
            server.log().contains(&format!("\"reason\":\"{reason}\"")),
            "{}",
            server.log()
        );
        // Another way is open.
        server.customer("ann@example.com").await;
        server.stop().await;
    }
    // It comes back without a restart.
    place.provider.twist(Twist {
        keys: (500, json!({})),
        ..Twist::default()
    });
    let answer = place.sign_in().await;
    place.expect_refused(&answer, "no_keys", "unavailable", 0);
    place.provider.twist(Twist::default());
    place.customer(&place.sign_in().await).await;
}

#[tokio::test]
async fn the_secret_goes_where_the_provider_takes_it() {
    let provider = Provider::start().await;
    provider.twist(Twist {
        discovery: json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}),
        ..Twist::default()
    });
    let place = place_of(provider, "").await;
    place.customer(&place.sign_in().await).await;
}

#[tokio::test]
async fn signing_out_ends_the_session_here() {
    let place = place().await;
    let cookie = session(&place.sign_in().await).unwrap();
    let guest = place.server.guest();
    let mine = guest.get("/session").header("cookie", &cookie).send().await;
    let out = guest
        .call(Method::DELETE, "/session")
        .header("cookie", &cookie);
    let out = out.header("x-csrf-token", &mine.text_at("/csrf_token"));
    out.send().await.expect_status(204);
    let gone = guest.get("/session").header("cookie", &cookie).send().await;
    gone.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_command_line_says_what_is_missing_and_what_to_register() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portico.toml");
    let good = "public_url = \"https://help.example.com/\"\n[oidc.company]\n\
        label = { en = \"Example\", zh-Hans = \"示例\", zh-Hant = \"範例\" }\n\
        issuer = \"http://127.0.0.1:9\"\nclient_id = \"portico\"\nclient_secret_file = \"secret\"\n";
    let run = async |config: &str, arguments: &[&str]| {
        std::fs::write(&file, config).unwrap();
        let mut command = tokio::process::Command::new(program());
        let done = command
            .args(arguments)
            .arg(&file)
            .env_remove("PORTICO_NO_SUCH");
        let done = done.output().await.unwrap();
        let told = [done.stdout, done.stderr].concat();
        (done.status.success(), String::from_utf8(told).unwrap())
    };
    let (well, told) = run(good, &["check"]).await;
    assert!(
        !well && told.contains("oidc.company: ") && told.contains("secret: No such file"),
        "{told}"
    );
    std::fs::write(folder.path().join("secret"), "4711-secret").unwrap();
    let (well, told) = run(good, &["check"]).await;
    let register = "register https://help.example.com/oidc/company/callback there";
    assert!(well && told.contains(register), "{told}");
    for (line, becomes, expected) in [
        (
            "issuer = \"http://127.0.0.1:9\"",
            "issuer = \"http://login.example.com\"",
            "https",
        ),
        (
            "issuer = \"http://127.0.0.1:9\"",
            "issuer = \"https://login.example.com?a\"",
            "query",
        ),
        (
            "client_id = \"portico\"",
            "client_id = \"\"",
            "client_id is empty",
        ),
        (
            "client_secret_file = \"secret\"",
            "",
            "client_secret_file or client_secret_env is missing",
        ),
        (
            "client_secret_file = \"secret\"",
            "client_secret_env = \"PORTICO_NO_SUCH\"",
            "not in the environment",
        ),
        (
            "client_secret_file",
            "scopes = [\"email\"]\nclient_secret_file",
            "openid",
        ),
        (
            "client_secret_file",
            "algorithms = [\"HS256\"]\nclient_secret_file",
            "RS256",
        ),
        (
            "client_secret_file",
            "algorithms = [\"none\"]\nclient_secret_file",
            "none",
        ),
        ("[oidc.company]", "[oidc.\"Our company\"]", "small letters"),
    ] {
        let (well, told) = run(&good.replace(line, becomes), &["check"]).await;
        assert!(
            !well && told.contains(expected) && !told.contains("4711"),
            "{becomes}: {told}"
        );
    }
    // Nobody listens on that port.
    let (well, told) = run(good, &["doctor", "--config"]).await;
    assert!(
        !well && told.contains("oidc.company: sign-in: ") && told.contains("cannot be reached"),
        "{told}"
    );
}
