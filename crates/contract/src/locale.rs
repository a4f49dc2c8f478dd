//! The languages of the portal.

words! {
    /// A language and its script. The wire form is the BCP 47 tag, upper-case where that is the custom.
    Locale {
        /// Simplified Chinese.
        ZhHans = "zh-Hans",
        /// Traditional Chinese, written for Taiwan and Hong Kong.
        ZhHant = "zh-Hant",
        /// English.
        En = "en",
    }
}

impl Locale {
    /// The locale that a BCP 47 tag asks for, read as people and browsers write it (`zh-TW`, `zh-cn`, `en-GB`).
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        match parts.next()? {
            "en" => Some(Self::En),
            "zh" | "yue" | "cmn" => {
                let traditional = tag.contains("hant")
                    || (!tag.contains("hans") && parts.any(|p| matches!(p, "tw" | "hk" | "mo")));
                Some(
                    if traditional || tag.starts_with("yue") && !tag.contains("hans") {
                        Self::ZhHant
                    } else {
                        Self::ZhHans
                    },
                )
            }
            _ => None,
        }
    }

    /// The best locale for an `Accept-Language` header, `None` when it names none of ours.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for item in accept_language.split(',') {
            let mut parts = item.split(';');
            let Some(locale) = parts.next().and_then(Self::from_tag) else {
                continue;
            };
            let q = parts
                .find_map(|p| p.trim().strip_prefix("q=")?.parse().ok())
                .unwrap_or(1.0);
            if q > 0.0 && best.is_none_or(|(b, _)| q > b) {
                best = Some((q, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn tags_as_browsers_write_them() {
        for (tag, locale) in [
            ("zh-TW", Locale::ZhHant),
            ("zh-HK", Locale::ZhHant),
            ("zh", Locale::ZhHans),
            ("zh-CN", Locale::ZhHans),
            ("zh-Hans-HK", Locale::ZhHans),
            ("zh_hant", Locale::ZhHant),
            ("en-GB", Locale::En),
            ("yue-HK", Locale::ZhHant),
        ] {
            assert_eq!(Locale::from_tag(tag), Some(locale), "{tag}");
        }
        assert_eq!(Locale::from_tag("de"), None);
        assert_eq!(
            Locale::negotiate("de, zh-TW;q=0.8, en;q=0.5"),
            Some(Locale::ZhHant)
        );
        assert_eq!(
            Locale::negotiate("en;q=0.2, zh-Hans;q=0.9"),
            Some(Locale::ZhHans)
        );
        assert_eq!(Locale::negotiate("fr, *;q=0.1"), None);
    }
}
