//! Signing in at a provider of OpenID Connect (Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0): the authorization code
//! flow of a confidential client with PKCE (RFC 7636), state and nonce.
//!
//! State, nonce and verifier follow from what a cookie keeps in the browser that began ([`Attempt`]), so that nothing
//! of an attempt is kept here but that it was used. Why one is refused has a name in the log ([`Refused`]); the customer
//! reads one of few calm sentences ([`Refused::trouble`]).

use crate::{
    catalogue::Localized,
    clock::real_now,
    http::actor::{same_secret, token_hash},
    jwt::{self, Audience, Head, Keys},
    problem::ApiError,
    secret,
    state::App,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::Algorithm;
use portico_contract::{
    locale::Locale,
    session::{SignInProvider, SignInTrouble, SignedInAt},
};
use reqwest::{RequestBuilder, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

/// Seconds from the first step of an attempt to its last.
const ATTEMPT: i64 = 600;
/// Seconds by which the clock of a provider may differ from ours.
const LEEWAY: f64 = 60.0;
/// How long a provider is taken to be well without being asked: nobody is sent to where nobody answers.
const WELL_FOR: Duration = Duration::from_secs(60);
/// Bytes of a subject: the longest that OpenID Connect allows is 255 characters of ASCII.
const SUBJECT_MAX: usize = 255;
/// Bytes of a path to go to afterwards.
const THEN_MAX: usize = 1_000;

/// A provider, as it is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSetting {
    /// What it is called on the button.
    pub label: Localized,
    /// Its issuer identifier, exactly as it gives it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// A file that holds our secret there; relative to the configuration.
    pub client_secret_file: Option<PathBuf>,
    /// The environment variable that holds it.
    pub client_secret_env: Option<String>,
    /// What is asked for.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The claim that names a customer for ever.
    #[serde(default = "subject_claim")]
    pub subject_claim: String,
    /// What ID tokens may be signed with.
    #[serde(default = "algorithms")]
    pub algorithms: Vec<Algorithm>,
}

fn scopes() -> Vec<String> {
    ["openid", "email", "profile"].map(str::to_owned).into()
}

fn subject_claim() -> String {
    "sub".to_owned()
}

fn algorithms() -> Vec<Algorithm> {
    vec![
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::EdDSA,
    ]
}

impl OidcSetting {
    /// Looks at what can be told without the provider.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self, id: &str) -> Result<(), String> {
        let is_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let what = if id.is_empty() || id.len() > 32 || !id.bytes().all(is_id) {
            "a name has small letters, digits and hyphens, 32 at most: it stands in addresses"
        } else if !self.issuer_is_safe() {
            "issuer is an https address without query and fragment; http does for this machine alone (127.0.0.1)"
        } else if self.client_id.is_empty() {
            "client_id is empty"
        } else if !self.scopes.iter().any(|scope| scope == "openid") {
            "scopes: without \"openid\" the provider does not say who it is"
        } else if self.algorithms.is_empty() {
            "algorithms: name at least one of RS256, PS256, ES256, EdDSA"
        } else if self
            .algorithms
            .iter()
            .any(|a| format!("{a:?}").starts_with("HS"))
        {
            "algorithms: HS256 and its like sign with a secret that both have; name RS256, PS256, ES256, EdDSA"
        } else {
            return Ok(());
        };
        Err(format!("oidc.{id}: {what}"))
    }

    fn issuer_is_safe(&self) -> bool {
        let plain = |url: &Url| {
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        };
        Url::parse(&self.issuer).is_ok_and(|url| is_safe(&url, true) && plain(&url))
    }
}

/// Whether what goes there is seen by nobody on the way.
fn is_safe(url: &Url, may_be_here: bool) -> bool {
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || may_be_here && url.scheme() == "http" && here
}

/// Why an attempt is refused, by the name that the log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The configuration has no such provider.
    UnknownProvider,
    /// The answer has a parameter twice, none that it must have, or one that is far too long.
    Answer,
    /// The browser brings no attempt along.
    NoAttempt,
    /// The browser has begun, but not this.
    State,
    /// It was begun more than ten minutes ago.
    TooLate,
    /// It is done already.
    Replayed,
    /// The answer is another provider's (RFC 9207).
    AnswerIssuer,
    /// The customer turned back.
    Denied,
    /// The provider answered with an error.
    ProviderError,
    /// The provider cannot be reached.
    Unreachable,
    /// What the provider says of itself does not do.
    Discovery,
    /// The provider does not take our name and secret.
    Client,
    /// The provider does not take the code.
    Code,
    /// The provider gave no ID token.
    NoIdToken,
    /// The ID token is not to be believed.
    Token(jwt::Refused),
    /// The ID token belongs to another attempt.
    Nonce,
    /// The ID token was made for another client.
    AuthorizedParty,
    /// What the provider says of the customer is no answer, or about somebody else.
    UserInfo,
    /// This client has tried too often.
    TooOften,
    /// The fault is ours.
    Internal,
}

impl Refused {
    /// Its name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownProvider => "unknown_provider",
            Self::Answer => "answer",
            Self::NoAttempt => "no_attempt",
            Self::State => "state",
            Self::TooLate => "too_late",
            Self::Replayed => "replayed",
            Self::AnswerIssuer => "answer_issuer",
            Self::Denied => "access_denied",
            Self::ProviderError => "provider_error",
            Self::Unreachable => "unreachable",
            Self::Discovery => "discovery",
            Self::Client => "client",
            Self::Code => "code",
            Self::NoIdToken => "no_id_token",
            Self::Token(refused) => refused.as_str(),
            Self::Nonce => "nonce",
            Self::AuthorizedParty => "authorized_party",
            Self::UserInfo => "userinfo",
            Self::TooOften => "too_often",
            Self::Internal => "internal",
        }
    }

    /// What the customer is told.
    #[must_use]
    pub const fn trouble(self) -> SignInTrouble {
        match self {
            Self::Denied => SignInTrouble::Cancelled,
            Self::NoAttempt | Self::State | Self::TooLate | Self::Replayed => SignInTrouble::Over,
            Self::Unreachable
            | Self::Discovery
            | Self::Client
            | Self::Internal
            | Self::Token(jwt::Refused::NoKeys) => SignInTrouble::Unavailable,
            Self::Token(jwt::Refused::NoAddress) => SignInTrouble::NoAddress,
            Self::TooOften => SignInTrouble::TooOften,
            _ => SignInTrouble::Refused,
        }
    }
}

impl From<jwt::Refused> for Refused {
    fn from(refused: jwt::Refused) -> Self {
        Self::Token(refused)
    }
}

/// One attempt to sign in, as the cookie of the browser that began has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    secret: String,
    /// When it ends, in seconds since 1970 in real time.
    ends: i64,
    /// Where to go afterwards.
    pub then: String,
}

impl Attempt {
    /// Begins.
    ///
    /// # Errors
    /// 500 when the system has no randomness.
    pub fn new(then: String) -> Result<Self, ApiError> {
        Ok(Self {
            secret: secret::token()?,
            ends: real_now().timestamp() + ATTEMPT,
            then,
        })
    }

    /// Seconds for which the cookie is worth keeping.
    pub const LIFETIME: i64 = ATTEMPT;

    /// What the cookie holds.
    #[must_use]
    pub fn kept(&self) -> String {
        let then = URL_SAFE_NO_PAD.encode(&self.then);
        format!("{}.{}.{then}", self.secret, self.ends)
    }

    /// Reads what a cookie holds.
    #[must_use]
    pub fn of(kept: &str) -> Option<Self> {
        let mut parts = kept.split('.');
        let attempt = Self {
            secret: parts.next()?.to_owned(),
            ends: parts.next()?.parse().ok()?,
            then: String::from_utf8(URL_SAFE_NO_PAD.decode(parts.next()?).ok()?).ok()?,
        };
        // Nobody but the browser itself can have written it; what it wrote still leads nowhere else.
        let now = real_now().timestamp();
        let good = is_local(&attempt.then) && attempt.ends <= now + ATTEMPT;
        (good && parts.next().is_none()).then_some(attempt)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ends <= real_now().timestamp()
    }

    /// Until when it must be remembered that it was used, in milliseconds since 1970.
    #[must_use]
    pub fn forgotten_at(&self) -> i64 {
        self.ends.saturating_mul(1_000)
    }

    fn derived(&self, what: &str, provider: &str) -> String {
        URL_SAFE_NO_PAD.encode(token_hash(&format!("{what} {provider} {}", self.kept())))
    }

    /// What comes back with the provider's answer.
    #[must_use]
    pub fn state(&self, provider: &str) -> String {
        self.derived("state", provider)
    }

    fn nonce(&self, provider: &str) -> String {
        self.derived("nonce", provider)
    }

    fn verifier(&self, provider: &str) -> String {
        self.derived("verifier", provider)
    }
}

/// Whether an address is a path on our own origin, whoever reads it.
#[must_use]
pub fn is_local(then: &str) -> bool {
    then.starts_with('/')
        && !then.starts_with("//")
        && then.len() <= THEN_MAX
        && then.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

/// What a provider says of itself.
pub struct Metadata {
    authorization_endpoint: Url,
    token_endpoint: Url,
    userinfo_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    /// Our secret travels in the head of a call, not in its body.
    basic: bool,
    /// Its answers say whose they are.
    names_itself: bool,
    keys: Keys,
}

/// What is found at `/.well-known/openid-configuration`.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What an ID token must say.
#[derive(Debug, Deserialize)]
struct IdClaims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    iat: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
}

/// Who has signed in at a provider.
#[derive(Debug)]
pub struct SignedIn {
    /// The provider's name for them.
    pub subject: String,
    /// Everything that the ID token says.
    pub claims: Value,
    sub: String,
    access_token: Option<String>,
}

/// A provider.
pub struct Provider {
    id: String,
    setting: OidcSetting,
    secret: String,
    client: reqwest::Client,
    found: RwLock<Option<(Arc<Metadata>, Instant)>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// All providers, by the names that they have in the configuration.
pub type Providers = BTreeMap<String, Provider>;

/// Reads what the configuration names; asks no provider.
///
/// # Errors
/// A sentence for the operator.
pub fn load(settings: &BTreeMap<String, OidcSetting>) -> Result<Providers, String> {
    let provider = |(id, setting): (&String, &OidcSetting)| {
        Provider::load(id, setting).map(|provider| (id.clone(), provider))
    };
    settings.iter().map(provider).collect()
}

/// Asks every provider once, so that who signs in first need not wait, and the log says what will not work.
pub async fn greet(app: App) {
    for provider in app.providers.values() {
        // The log says what is wrong; it is asked again when somebody signs in there.
        drop(provider.find().await);
    }
}

impl Provider {
    fn load(id: &str, setting: &OidcSetting) -> Result<Self, String> {
        setting.check(id)?;
        let secret = secret::configured(
            setting.client_secret_file.as_deref(),
            setting.client_secret_env.as_deref(),
            "client_secret",
        );
        let missing = || "client_secret_file or client_secret_env is missing".to_owned();
        Ok(Self {
            id: id.to_owned(),
            secret: secret
                .and_then(|secret| secret.ok_or_else(missing))
                .map_err(|e| format!("oidc.{id}: {e}"))?,
            setting: setting.clone(),
            client: jwt::client()?,
            found: RwLock::default(),
        })
    }

    /// As the portal offers it.
    #[must_use]
    pub fn offered(&self, locale: Locale) -> SignInProvider {
        SignInProvider {
            id: self.id.clone(),
            label: self.setting.label.get(locale).to_owned(),
        }
    }

    /// Whose names its subjects are.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.setting.issuer
    }

    fn redirect_uri(&self, public_url: &str) -> String {
        redirect_uri(public_url, &self.id)
    }

    /// What a session of its customers is told, and where to sign out there too; that only while it is known.
    #[must_use]
    pub fn signed_in_at(&self, public_url: &str, locale: Locale) -> SignedInAt {
        let known = self.known().map(|(metadata, _)| metadata);
        let end = known.and_then(|metadata| metadata.end_session_endpoint.clone());
        let sign_out = end.map(|mut url| {
            url.query_pairs_mut()
                .append_pair("client_id", &self.setting.client_id)
                .append_pair("post_logout_redirect_uri", &format!("{public_url}/"))
                .append_pair("ui_locales", locale.as_str());
            url.to_string()
        });
        SignedInAt {
            id: self.id.clone(),
            sign_out,
        }
    }

    /// Where a browser goes to sign in.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn begin(
        &self,
        attempt: &Attempt,
        public_url: &str,
        locale: Locale,
    ) -> Result<String, Refused> {
        let metadata = match self.known() {
            Some((metadata, at)) if at.elapsed() < WELL_FOR => metadata,
            _ => self.find().await?,
        };
        let mut url = metadata.authorization_endpoint.clone();
        let challenge = Sha256::digest(attempt.verifier(&self.id));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.setting.client_id)
            .append_pair("redirect_uri", &self.redirect_uri(public_url))
            .append_pair("scope", &self.setting.scopes.join(" "))
            .append_pair("state", &attempt.state(&self.id))
            .append_pair("nonce", &attempt.nonce(&self.id))
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256")
            .append_pair("ui_locales", locale.as_str());
        Ok(url.to_string())
    }

    /// Whether an answer may be this provider's, by the issuer that it names.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn check_answer(&self, issuer: Option<&str>) -> Result<(), Refused> {
        let expected = self.metadata().await?.names_itself;
        match issuer {
            Some(issuer) if issuer == self.setting.issuer => Ok(()),
            None if !expected => Ok(()),
            _ => Err(Refused::AnswerIssuer),
        }
    }

    /// Trades the code of an answer for who has signed in.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn redeem(
        &self,
        attempt: &Attempt,
        public_url: &str,
        code: &str,
    ) -> Result<SignedIn, Refused> {
        #[derive(Deserialize)]
        struct Tokens {
            id_token: Option<String>,
            access_token: Option<String>,
        }
        let metadata = self.metadata().await?;
        let call = self.token_call(&metadata, attempt, public_url, code);
        let tokens: Tokens = match answer(call).await? {
            (StatusCode::OK, body) => serde_json::from_slice(&body).map_err(|_| Refused::Code)?,
            (_, body) => return Err(refusal(&body)),
        };
        let token = tokens.id_token.ok_or(Refused::NoIdToken)?;
        let claims = self.judge(&metadata, &token, attempt).await?;
        let sub = text(&claims, "sub").unwrap_or_default().to_owned();
        let subject = text(&claims, &self.setting.subject_claim).unwrap_or_default();
        if !(1..=SUBJECT_MAX).contains(&subject.len()) {
            return Err(jwt::Refused::Unnamed.into());
        }
        Ok(SignedIn {
            subject: subject.to_owned(),
            claims,
            sub,
            access_token: tokens.access_token,
        })
    }

    fn token_call(
        &self,
        metadata: &Metadata,
        attempt: &Attempt,
        public_url: &str,
        code: &str,
    ) -> RequestBuilder {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.redirect_uri(public_url))
            .append_pair("code_verifier", &attempt.verifier(&self.id));
        let mut call = self.client.post(metadata.token_endpoint.clone());
        if metadata.basic {
            call = call.header(header::AUTHORIZATION, self.basic());
        } else {
            form.append_pair("client_id", &self.setting.client_id)
                .append_pair("client_secret", &self.secret);
        }
        call.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.finish())
    }

    /// What the provider says of a customer beyond the ID token; `None` where it says no more.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn userinfo(&self, signed_in: &SignedIn) -> Result<Option<Value>, Refused> {
        let metadata = self.metadata().await?;
        let (Some(url), Some(token)) = (&metadata.userinfo_endpoint, &signed_in.access_token)
        else {
            return Ok(None);
        };
        let call = self.client.get(url.clone()).bearer_auth(token);
        let told: Value = match answer(call).await? {
            (StatusCode::OK, body) => {
                serde_json::from_slice(&body).map_err(|_| Refused::UserInfo)?
            }
            _ => return Err(Refused::UserInfo),
        };
        // Of somebody else it may well say something: Core 5.3.2.
        match text(&told, "sub") == Some(&signed_in.sub) {
            true => Ok(Some(told)),
            false => Err(Refused::UserInfo),
        }
    }

    /// Name and secret as RFC 6749 (2.3.1) has them: encoded each for itself, then together.
    fn basic(&self) -> String {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let both = format!(
            "{}:{}",
            encoded(&self.setting.client_id),
            encoded(&self.secret)
        );
        format!("Basic {}", STANDARD.encode(both))
    }

    async fn judge(
        &self,
        metadata: &Metadata,
        token: &str,
        attempt: &Attempt,
    ) -> Result<Value, Refused> {
        let head = Head::of(token)?;
        let named = |algorithm: &&Algorithm| format!("{algorithm:?}") == head.alg;
        let algorithm = self.setting.algorithms.iter().find(named);
        let algorithm = *algorithm.ok_or(jwt::Refused::Algorithm)?;
        let told: Value = metadata.keys.open(token, &head, algorithm).await?;
        let claims = IdClaims::deserialize(&told).map_err(|_| jwt::Refused::Malformed)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "a time of today has no digits to lose"
        )]
        let now = real_now().timestamp_millis() as f64 / 1_000.0;
        self.judge_claims(&claims, &attempt.nonce(&self.id), now)?;
        Ok(told)
    }

    fn judge_claims(&self, claims: &IdClaims, nonce: &str, now: f64) -> Result<(), Refused> {
        let client = self.setting.client_id.as_str();
        let several = matches!(&claims.aud, Audience::Several(all) if all.len() > 1);
        let begins = [Some(claims.iat), claims.nbf].into_iter().flatten();
        if claims.iss != self.setting.issuer {
            Err(jwt::Refused::Issuer.into())
        } else if !claims.aud.names(client) {
            Err(jwt::Refused::Audience.into())
        } else if claims
            .azp
            .as_deref()
            .map_or(several, |party| party != client)
        {
            Err(Refused::AuthorizedParty)
        } else if claims.exp.is_nan() || claims.exp + LEEWAY <= now {
            Err(jwt::Refused::Expired.into())
        } else if begins.clone().any(|at| at.is_nan() || at > now + LEEWAY) {
            Err(jwt::Refused::NotYet.into())
        } else if !claims
            .nonce
            .as_deref()
            .is_some_and(|given| same_secret(given, nonce))
        {
            Err(Refused::Nonce)
        } else if claims.sub.is_empty() {
            Err(jwt::Refused::Unnamed.into())
        } else {
            Ok(())
        }
    }

    fn known(&self) -> Option<(Arc<Metadata>, Instant)> {
        self.found
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What it says of itself, however long ago.
    async fn metadata(&self) -> Result<Arc<Metadata>, Refused> {
        match self.known() {
            Some((metadata, _)) => Ok(metadata),
            None => self.find().await,
        }
    }

    async fn find(&self) -> Result<Arc<Metadata>, Refused> {
        self.examine().await.map_err(|(refused, what)| {
            tracing::warn!(
                provider = self.id,
                what,
                "a sign-in provider cannot be used"
            );
            refused
        })
    }

    /// Asks it what it says of itself.
    ///
    /// # Errors
    /// Why it cannot be used, and a sentence about it for the operator.
    pub async fn examine(&self) -> Result<Arc<Metadata>, (Refused, String)> {
        let metadata = Arc::new(self.discover().await?);
        let found = Some((Arc::clone(&metadata), Instant::now()));
        *self.found.write().unwrap_or_else(PoisonError::into_inner) = found;
        Ok(metadata)
    }

    async fn discover(&self) -> Result<Metadata, (Refused, String)> {
        let issuer = self.setting.issuer.as_str();
        let place = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let unreachable = |why: &str| (Refused::Unreachable, format!("{place}: {why}"));
        let wrong = |why: &str| (Refused::Discovery, format!("{place}: {why}"));
        let (status, body) = answer(self.client.get(&place))
            .await
            .map_err(|_| unreachable("it cannot be reached"))?;
        if status != StatusCode::OK {
            return Err(unreachable(&format!("it answers {}", status.as_u16())));
        }
        let document: Document = serde_json::from_slice(&body)
            .map_err(|_| wrong("this is no description of an OpenID provider"))?;
        if document.issuer != issuer {
            return Err(wrong(
                "it names another issuer than the configuration, to the last character",
            ));
        }
        let here = issuer.starts_with("http://");
        let place = |text: String| {
            let url = Url::parse(&text).ok().filter(|url| is_safe(url, here));
            url.ok_or_else(|| wrong("one of its addresses is not https"))
        };
        // Not naming any means the first: Discovery 3.
        let methods = document.token_endpoint_auth_methods_supported;
        let takes = |method: &str| {
            methods
                .as_ref()
                .map_or(method == "client_secret_basic", |all| {
                    all.iter().any(|one| one == method)
                })
        };
        let basic = takes("client_secret_basic");
        if !basic && !takes("client_secret_post") {
            return Err(wrong(
                "it takes neither client_secret_basic nor client_secret_post",
            ));
        }
        let keys = place(document.jwks_uri)?.to_string();
        Ok(Metadata {
            authorization_endpoint: place(document.authorization_endpoint)?,
            token_endpoint: place(document.token_endpoint)?,
            userinfo_endpoint: document.userinfo_endpoint.map(place).transpose()?,
            end_session_endpoint: document.end_session_endpoint.map(place).transpose()?,
            basic,
            names_itself: document.authorization_response_iss_parameter_supported,
            keys: Keys::new(Vec::new(), Some((keys, self.client.clone()))),
        })
    }
}

/// The address that has to be registered with a provider.
#[must_use]
pub fn redirect_uri(public_url: &str, id: &str) -> String {
    format!("{public_url}/oidc/{id}/callback")
}

/// Status and body of an answer; whoever is not well at the moment cannot be reached.
async fn answer(call: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Refused> {
    let call = call.header(header::ACCEPT, "application/json").send().await;
    let call = call.map_err(|_| Refused::Unreachable)?;
    let status = call.status();
    let body = jwt::read(call).await.ok_or(Refused::Unreachable)?;
    match status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        true => Err(Refused::Unreachable),
        false => Ok((status, body)),
    }
}

/// Why a provider gives no tokens: RFC 6749 (5.2).
fn refusal(body: &[u8]) -> Refused {
    let told: Value = serde_json::from_slice(body).unwrap_or_default();
    match text(&told, "error") {
        Some("invalid_client" | "unauthorized_client") => Refused::Client,
        _ => Refused::Code,
    }
}

/// A claim that is a text.
#[must_use]
pub fn text<'a>(claims: &'a Value, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// An address, if the provider has made sure of it. Some providers write `true` as a text.
#[must_use]
pub fn verified<'a>(claims: &'a Value, address: &str, verified: &str) -> Option<&'a str> {
    let sure = match claims.get(verified)? {
        Value::Bool(sure) => *sure,
        Value::String(sure) => sure == "true",
        _ => false,
    };
    text(claims, address).filter(|_| sure)
}
