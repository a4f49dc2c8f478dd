//! How often something may happen, in a sliding window. What was counted is kept in the database and not in memory,
//! so that a restart gives nobody new guesses, and a count that belongs to a submission is written with it or not
//! at all.

use crate::{
    clock::real_now,
    problem::ApiError,
    settings::{Rate, Rates},
    state::App,
    store::{Result, Tx},
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use portico_contract::problem::ProblemCode;
use sha2::{Digest, Sha256};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// New requests accepted from one client.
    NewRequests,
    /// Wrong query codes for one reference.
    WrongCodesPerReference,
    /// Wrong query codes from one client.
    WrongCodesPerClient,
    /// Sign-in codes sent to one address.
    SignInCodes,
    /// Sign-in codes that one client asks for.
    SignInCodesPerClient,
    /// Wrong sign-in codes from one client.
    WrongSignInCodes,
}

impl Rule {
    const ALL: [Self; 6] = [
        Self::NewRequests,
        Self::WrongCodesPerReference,
        Self::WrongCodesPerClient,
        Self::SignInCodes,
        Self::SignInCodesPerClient,
        Self::WrongSignInCodes,
    ];

    /// The name in the database and in `RateLimit-Policy`.
    fn name(self) -> &'static str {
        match self {
            Self::NewRequests => "new-requests",
            Self::WrongCodesPerReference => "wrong-codes-per-reference",
            Self::WrongCodesPerClient => "wrong-codes-per-client",
            Self::SignInCodes => "sign-in-codes",
            Self::SignInCodesPerClient => "sign-in-codes-per-client",
            Self::WrongSignInCodes => "wrong-sign-in-codes",
        }
    }

    fn rate(self, rates: &Rates) -> Rate {
        match self {
            Self::NewRequests => rates.new_requests,
            Self::WrongCodesPerReference => rates.wrong_codes_per_reference,
            Self::WrongCodesPerClient | Self::WrongSignInCodes => rates.wrong_codes_per_client,
            Self::SignInCodes => rates.sign_in_codes,
            Self::SignInCodesPerClient => rates.sign_in_codes_per_client,
        }
    }
}

/// One thing that was counted, so that it can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted(i64);

impl Counted {
    /// Makes it as if it had not happened.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_back(self, tx: &mut dyn Tx) -> Result<()> {
        tx.remove_hit(self.0).await
    }
}

/// Where a limit was reached: answered with 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// The name of the limit.
    pub policy: &'static str,
    /// How many there may be.
    pub count: u32,
    /// In how many seconds.
    pub window: u64,
    /// Seconds until the next one fits.
    pub retry_after: u64,
}

/// Counts one, if the limit has room for it. What is only to count when it succeeds is counted first and, when it
/// fails, rolled back or taken back: between a look and a count others could slip through.
///
/// # Errors
/// 429 when the limit is reached; when the store fails.
pub async fn count(
    app: &App,
    tx: &mut dyn Tx,
    rule: Rule,
    subject: &str,
) -> std::result::Result<Counted, ApiError> {
    let rate = rule.rate(&app.settings.rates);
    let now = real_now().timestamp_millis();
    let subject: [u8; 32] = Sha256::digest(subject).into();
    let window = window_millis(rate);
    // The one that has to leave the window before there is room: of three, the third newest.
    let in_the_way = match rate.count.checked_sub(1) {
        Some(newer) => tx.hit(rule.name(), &subject, newer, now - window).await?,
        None => Some(now),
    };
    if let Some(at) = in_the_way {
        return Err(ApiError::limited(Exceeded {
            policy: rule.name(),
            count: rate.count,
            window: u64::from(rate.minutes) * 60,
            retry_after: seconds(at + window - now),
        }));
    }
    Ok(Counted(tx.add_hit(rule.name(), &subject, now).await?))
}

/// Forgets what no window reaches any more.
///
/// # Errors
/// When the store fails.
pub async fn forget_old(app: &App, tx: &mut dyn Tx) -> Result<()> {
    let longest = Rule::ALL
        .iter()
        .map(|rule| window_millis(rule.rate(&app.settings.rates)))
        .max();
    tx.forget_hits(real_now().timestamp_millis() - longest.unwrap_or_default())
        .await
}

fn window_millis(rate: Rate) -> i64 {
    i64::from(rate.minutes) * 60_000
}

/// Whole seconds in which so many milliseconds have surely passed; at least one.
fn seconds(millis: i64) -> u64 {
    u64::try_from(millis)
        .unwrap_or_default()
        .div_ceil(1000)
        .max(1)
}

/// Who calls, for limits: the address of the connection, or the one that a trusted proxy names. The whole network of
/// an IPv6 customer counts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client(String);

impl Client {
    /// What is counted under.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        let mut address = peer.to_canonical();
        // From the nearest hop outwards, as long as the one that says so is believed.
        for hop in forwarded.iter().rev() {
            if !trusted.contains(&address) {
                break;
            }
            match hop.trim().parse::<IpAddr>() {
                Ok(named) => address = named.to_canonical(),
                Err(_) => break,
            }
        }
        Self(match address {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        })
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;
    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> std::result::Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        Ok(Self::of(
            peer,
            &parts.headers,
            &app.settings.trusted_proxies,
        ))
    }
}

impl ApiError {
    /// 429 with the limit that was reached.
    #[must_use]
    pub fn limited(limit: Exceeded) -> Self {
        let error = Self::new(ProblemCode::RateLimited).retry_after(limit.retry_after);
        Self {
            limit: Some(limit),
            ..error
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_as_long_as_told_has_waited_long_enough() {
        assert_eq!(seconds(57_500), 58);
        assert_eq!(seconds(58_000), 58);
        assert_eq!((seconds(0), seconds(-3)), (1, 1));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let client = |peer: &str, forwarded: &'static str, trusted: &[&str]| {
            let mut headers = HeaderMap::new();
            if !forwarded.is_empty() {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            let trusted: Vec<IpAddr> = trusted.iter().map(|ip| ip.parse().unwrap()).collect();
            Client::of(peer.parse().unwrap(), &headers, &trusted).0
        };
        assert_eq!(client("203.0.113.9", "198.51.100.1", &[]), "203.0.113.9");
        assert_eq!(
            client("10.0.0.1", "198.51.100.1", &["10.0.0.1"]),
            "198.51.100.1"
        );
        // What the customer wrote in front of it is not believed.
        assert_eq!(
            client("10.0.0.1", "1.1.1.1, 198.51.100.1", &["10.0.0.1"]),
            "198.51.100.1"
        );
        assert_eq!(
            client(
                "10.0.0.1",
                "198.51.100.1, 10.0.0.2",
                &["10.0.0.1", "10.0.0.2"]
            ),
            "198.51.100.1"
        );
        assert_eq!(
            client("::ffff:10.0.0.1", "198.51.100.1", &["10.0.0.1"]),
            "198.51.100.1"
        );
        assert_eq!(client("10.0.0.1", "unknown", &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(client("2001:db8:1:2:3:4:5:6", "", &[]), "2001:db8:1:2::");
    }
}
