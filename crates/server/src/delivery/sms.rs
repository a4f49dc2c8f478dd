//! SMS: by the company's web hook, or as `.json` files.

use super::{Failure, name_of, write_whole};
use crate::{clock::real_now, settings::SmsHook, store::QueuedMessage};
use hmac::{Hmac, Mac};
use reqwest::{Client, Url, header::CONTENT_TYPE, redirect};
use serde_json::json;
use sha2::Sha256;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

enum Way {
    Hook {
        client: Client,
        url: Url,
        secret: Option<String>,
    },
    Files(PathBuf),
}

/// Sends SMS.
pub(super) struct Transport(Way);

impl Transport {
    pub(super) fn new(hook: Option<&SmsHook>, outbox: &Path) -> Result<Self, String> {
        let Some(hook) = hook else {
            let folder = outbox.join("sms");
            std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            return Ok(Self(Way::Files(folder)));
        };
        let client = Client::builder()
            // The message goes where the company said and nowhere else.
            .redirect(redirect::Policy::none())
            .timeout(Duration::from_secs(20))
            .build()
            .map_err(|e| format!("sms: {e}"))?;
        let url = hook.url.parse().map_err(|e| format!("sms.url: {e}"))?;
        Ok(Self(Way::Hook {
            client,
            url,
            secret: hook.secret.clone(),
        }))
    }

    pub(super) async fn send(&self, queued: &QueuedMessage) -> Result<(), Failure> {
        let message = &queued.message;
        let body = json!({"to": message.recipient, "text": message.body}).to_string();
        match &self.0 {
            Way::Files(folder) => {
                write_whole(
                    folder,
                    &format!("{}.json", name_of(queued)),
                    body.into_bytes(),
                )
                .await
            }
            Way::Hook {
                client,
                url,
                secret,
            } => {
                let mut request = client
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/json")
                    .header("idempotency-key", name_of(queued));
                if let Some(secret) = secret {
                    let at = real_now().timestamp();
                    request = request.header("x-portico-signature", signature(secret, at, &body));
                }
                let answer = request.body(body).send().await;
                // Without its address, which may hold a secret of the hook.
                let answer = answer.map_err(|e| Failure::Passing(e.without_url().to_string()))?;
                match answer.status() {
                    status if status.is_success() => Ok(()),
                    status
                        if status.is_client_error()
                            && !matches!(status.as_u16(), 401 | 403 | 404 | 408 | 409 | 429) =>
                    {
                        Err(Failure::Lasting(status.to_string()))
                    }
                    status => Err(Failure::Passing(status.to_string())),
                }
            }
        }
    }
}

/// `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 over the time, a dot and the body, so that an old message cannot
/// be sent again by who overheard it.
fn signature(secret: &str, at: i64, body: &str) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac key
        let signed = signature("key", 1_700_000_000, "{}");
        assert_eq!(
            signed,
            "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        );
        assert_ne!(signature("key", 1_700_000_001, "{}"), signed);
    }
}
