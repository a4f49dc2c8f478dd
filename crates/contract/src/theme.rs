//! A company's colours and measures: which tokens there are, which values they take, and which colours must be told
//! apart. A colour that cannot be read where the interface puts it is replaced by the nearest one that can.
//!
//! Contrast is that of WCAG 2.2 ("relative luminance", "contrast ratio"): 4.5 for text, 3 for what shows where a
//! control is; 7 and 4.5 with the preset for high contrast.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a theme begins with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As the customer's system has it.
    #[default]
    Auto,
    /// Light whatever the system says.
    Light,
    /// Dark whatever the system says.
    Dark,
    /// Black and white, light or dark as the system has it.
    Contrast,
}

/// Values of tokens; what is not named is the preset's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// What it begins with.
    pub preset: Preset,
    /// By the name of the token.
    pub tokens: BTreeMap<String, String>,
    /// Take the place of those in the dark.
    pub dark: BTreeMap<String, String>,
}

impl Theme {
    /// This theme where `other` says nothing else.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        if other.preset != Preset::Auto {
            self.preset = other.preset;
        }
        // What is for both schemes is also newer than what the company has for the dark.
        self.dark.retain(|name, _| !other.tokens.contains_key(name));
        self.tokens.extend(other.tokens);
        self.dark.extend(other.dark);
        self
    }

    /// A style sheet of the theme, corrected, for both schemes; empty where there is nothing to say.
    #[must_use]
    pub fn style_sheet(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        let rule = |dark| {
            let tokens = resolve(self, dark).tokens.into_iter();
            tokens
                .map(|(name, value)| format!("--{name}:{value};"))
                .collect::<String>()
        };
        let scheme = self.preset.scheme();
        format!(
            ":root{{color-scheme:{scheme};{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}",
            rule(false),
            rule(true)
        )
    }
}

impl Preset {
    /// The value of CSS' `color-scheme`.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Auto | Self::Contrast => "light dark",
        }
    }
}

/// A colour, and what it is in light and dark; `style/tokens.css` has the same values.
type Colour = (&'static str, u32, u32);

/// What others stand on.
const GROUNDS: [Colour; 7] = [
    ("paper", 0xf7f6f3, 0x141618),
    ("surface", 0xffffff, 0x1c1f22),
    ("tint", 0xefede8, 0x25292c),
    ("info-pale", 0xeaf0fb, 0x1c2940),
    ("success-pale", 0xe8f3eb, 0x182c20),
    ("warning-pale", 0xfdf2dc, 0x33270f),
    ("danger-pale", 0xfcecea, 0x3d1d1a),
];

const PAGE: &[&str] = &["surface", "paper", "tint"];
const ALL: &[&str] = &[
    "surface",
    "paper",
    "tint",
    "info-pale",
    "success-pale",
    "warning-pale",
    "danger-pale",
];

/// What stands on them: whether it is text, and on which of them the interface puts it.
const FIGURES: [(Colour, bool, &[&str]); 10] = [
    (("ink", 0x1c1f22, 0xedebe7), true, ALL),
    (("muted", 0x4b4f53, 0xb9b7b1), true, ALL),
    (("accent", 0x0d5563, 0x8fd0dc), true, ALL),
    (
        ("info", 0x2452a3, 0xa9c6ff),
        true,
        &["surface", "paper", "tint", "info-pale"],
    ),
    (
        ("success", 0x1c6638, 0x8ed6a4),
        true,
        &["surface", "paper", "tint", "success-pale"],
    ),
    (
        ("warning", 0x855000, 0xf2c26b),
        true,
        &["surface", "paper", "tint", "warning-pale"],
    ),
    (
        ("danger", 0xb3211a, 0xffaea6),
        true,
        &["surface", "paper", "tint", "danger-pale"],
    ),
    (("edge", 0x72777c, 0x868b90), false, PAGE),
    (("focus", 0x1b62d6, 0x8ebbff), false, ALL),
    // Stands on what was settled above.
    (("on-accent", 0xffffff, 0x10181a), true, &["accent"]),
];

/// Only adorns: nothing depends on telling it apart.
const ADORNMENT: [Colour; 1] = [("line", 0xdedbd4, 0x363a3e)];

/// Lengths, and their bounds in thousandths of a rem.
const LENGTHS: [(&str, u32, u32); 9] = [
    ("body", 875, 1_500),
    ("large", 1_000, 2_000),
    ("title", 1_000, 3_000),
    ("display", 1_250, 4_000),
    ("radius", 0, 2_000),
    ("round", 0, 3_000),
    ("reading", 20_000, 80_000),
    ("wide", 30_000, 160_000),
    ("gutter", 0, 4_000),
];

/// Families of type, without those that the browser always has.
const FAMILIES: [&str; 4] = ["sans", "hans", "hant", "mono"];

/// A colour that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// Its token.
    pub token: &'static str,
    /// The token that it was hard to tell from.
    pub ground: &'static str,
    /// What was asked for, `#rrggbb`.
    pub asked: String,
    /// What is used instead.
    pub used: String,
}

/// What is drawn with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Token and value, of every colour and of what else was set.
    pub tokens: Vec<(&'static str, String)>,
    /// Colours that were asked for and cannot be read.
    pub adjusted: Vec<Adjusted>,
    /// Names that are no tokens and values that they do not take.
    pub refused: Vec<String>,
}

/// Red, green, blue.
type Rgb = [u8; 3];

const fn rgb(hex: u32) -> Rgb {
    let [_, r, g, b] = hex.to_be_bytes();
    [r, g, b]
}

fn hex([r, g, b]: Rgb) -> String {
    let mut text = String::from("#");
    for byte in [r, g, b] {
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text
}

/// `#rrggbb` or `#rgb`.
fn parse_colour(text: &str) -> Option<Rgb> {
    let digits = text.trim().strip_prefix('#')?;
    let value = |part: &str| u8::from_str_radix(part, 16).ok();
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        6 => Some([
            value(&digits[..2])?,
            value(&digits[2..4])?,
            value(&digits[4..])?,
        ]),
        3 => Some([
            value(&digits[..1])? * 17,
            value(&digits[1..2])? * 17,
            value(&digits[2..])? * 17,
        ]),
        _ => None,
    }
}

fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|byte| {
        let part = f64::from(byte) / 255.0;
        match part <= 0.04045 {
            true => part / 12.92,
            false => ((part + 0.055) / 1.055).powf(2.4),
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// How well two colours can be told apart, from 1 to 21.
#[must_use]
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Every token that takes a colour.
pub fn colours() -> impl Iterator<Item = &'static str> {
    let figures = FIGURES.iter().map(|((name, ..), ..)| *name);
    let grounds = GROUNDS.iter().chain(&ADORNMENT).map(|(name, ..)| *name);
    grounds.chain(figures)
}

/// Every pair of tokens that the interface uses: what stands on what, and whether it is text.
pub fn pairs() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    FIGURES.iter().flat_map(|((figure, ..), is_text, grounds)| {
        let on = move |ground: &&'static str| (*figure, *ground, *is_text);
        grounds.iter().map(on)
    })
}

/// The contrast of two colours as text, such as `#fff` and `#0d5563`; `None` where one is no colour.
#[must_use]
pub fn contrast_of(a: &str, b: &str) -> Option<f64> {
    Some(contrast(parse_colour(a)?, parse_colour(b)?))
}

/// So many 256ths of the way to black or white.
fn towards(colour: Rgb, end: u8, step: u16) -> Rgb {
    colour.map(|byte| {
        let (byte, end) = (i32::from(byte), i32::from(end));
        u8::try_from(byte + (end - byte) * i32::from(step) / 256).unwrap_or(255)
    })
}

/// The nearest colour on the way to black or white that stands out from all grounds; `None` where there is none.
fn nearest(colour: Rgb, grounds: &[Rgb], least: f64) -> Option<Rgb> {
    (0..=256_u16).find_map(|step| {
        [0, 255]
            .map(|end| towards(colour, end, step))
            .into_iter()
            .find(|candidate| grounds.iter().all(|g| contrast(*candidate, *g) >= least))
    })
}

/// A theme in one scheme.
struct Palette<'a> {
    theme: &'a Theme,
    dark: bool,
    colours: BTreeMap<&'static str, Rgb>,
}

impl Palette<'_> {
    fn preset(&self, (_, light, dark): Colour) -> Rgb {
        rgb(if self.dark { dark } else { light })
    }

    fn asked(&self, name: &str) -> Option<&str> {
        let dark = self.theme.dark.get(name).filter(|_| self.dark);
        dark.or_else(|| self.theme.tokens.get(name))
            .map(String::as_str)
    }

    fn wanted(&self, colour: Colour) -> Rgb {
        self.asked(colour.0)
            .and_then(parse_colour)
            .unwrap_or_else(|| self.preset(colour))
    }

    /// Whether the theme names it, with a colour.
    fn names(&self, name: &str) -> bool {
        self.asked(name).and_then(parse_colour).is_some()
    }

    fn lay_grounds(&mut self) {
        for ground in GROUNDS {
            self.colours.insert(ground.0, self.wanted(ground));
        }
    }

    /// What a ground is where nobody has a say.
    fn safe_ground(&self, ground: Colour) -> Rgb {
        match self.theme.preset {
            Preset::Contrast => [if self.dark { 0 } else { 255 }; 3],
            _ => self.preset(ground),
        }
    }

    /// Whether some colour can be read on all grounds: they are all light or all dark.
    fn grounds_agree(&self, least: f64) -> bool {
        let grounds: Vec<Rgb> = self.colours.values().copied().collect();
        [[0; 3], [255; 3]].iter().any(|end| {
            grounds
                .iter()
                .all(|ground| contrast(*end, *ground) >= least)
        })
    }
}

/// What a theme is in the light or in the dark, every colour such that it can be read where it is used.
#[must_use]
pub fn resolve(theme: &Theme, system_dark: bool) -> Resolved {
    let dark = match theme.preset {
        Preset::Light => false,
        Preset::Dark => true,
        Preset::Auto | Preset::Contrast => system_dark,
    };
    let (text, control) = match theme.preset {
        Preset::Contrast => (7.0, 4.5),
        _ => (4.5, 3.0),
    };
    let mut palette = Palette {
        theme,
        dark,
        colours: BTreeMap::new(),
    };
    let mut adjusted = Vec::new();
    palette.lay_grounds();
    if theme.preset == Preset::Contrast || !palette.grounds_agree(text) {
        // No text could be read on all of them: those of the preset, each named beside the page's own.
        for ground in GROUNDS {
            let (asked, used) = (palette.colours[ground.0], palette.safe_ground(ground));
            if asked != used && palette.names(ground.0) {
                adjusted.push(Adjusted {
                    token: ground.0,
                    ground: "surface",
                    asked: hex(asked),
                    used: hex(used),
                });
            }
            palette.colours.insert(ground.0, used);
        }
    }
    for (colour, is_text, grounds) in FIGURES {
        let least = if is_text { text } else { control };
        let asked = palette.wanted(colour);
        let beneath: Vec<Rgb> = grounds.iter().map(|g| palette.colours[g]).collect();
        // On grounds that agree there is always one: black or white.
        let used = nearest(asked, &beneath, least).unwrap_or(asked);
        let hard = grounds
            .iter()
            .find(|g| contrast(asked, palette.colours[*g]) < least);
        if let Some(ground) = hard.filter(|_| palette.names(colour.0)) {
            adjusted.push(Adjusted {
                token: colour.0,
                ground,
                asked: hex(asked),
                used: hex(used),
            });
        }
        palette.colours.insert(colour.0, used);
    }
    for colour in ADORNMENT {
        let wanted = palette.wanted(colour);
        let used = match theme.preset {
            Preset::Contrast => palette.colours["edge"],
            _ => wanted,
        };
        if wanted != used && palette.names(colour.0) {
            adjusted.push(Adjusted {
                token: colour.0,
                ground: "surface",
                asked: hex(wanted),
                used: hex(used),
            });
        }
        palette.colours.insert(colour.0, used);
    }
    let mut tokens: Vec<_> = palette
        .colours
        .iter()
        .map(|(name, colour)| (*name, hex(*colour)))
        .collect();
    let lengths = LENGTHS.iter().map(|(name, ..)| *name);
    for name in lengths.chain(FAMILIES) {
        if let Some(value) = palette.asked(name).and_then(|value| measure(name, value)) {
            tokens.push((name, value));
        }
    }
    Resolved {
        tokens,
        adjusted,
        refused: refused(theme),
    }
}

/// A number such as `1.25` in thousandths; what is finer is cut off. Without floating point, whose reading and writing
/// weigh 20 KB in the browser.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() && part.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let part = format!("{part:0<3}");
    let thousands = format!("{whole}{}", part.get(..3)?);
    thousands.parse().ok()
}

/// A length or a family as CSS, if it is one and within its bounds.
fn measure(name: &str, value: &str) -> Option<String> {
    if let Some((_, least, most)) = LENGTHS.iter().find(|(known, ..)| *known == name) {
        let number = |unit: &str| thousandths(value.trim().strip_suffix(unit)?);
        let rem = number("rem").or_else(|| Some(number("px")? / 16))?;
        let (whole, part) = (rem / 1_000, format!("{:03}", rem % 1_000));
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        return (*least..=*most)
            .contains(&rem)
            .then(|| format!("{whole}{point}{part}rem"));
    }
    let safe = |c: char| c.is_alphanumeric() || " ,-\"".contains(c);
    let quotes = value.matches('"').count();
    let family = FAMILIES.contains(&name) && quotes.is_multiple_of(2) && value.chars().all(safe);
    (family && !value.trim().is_empty() && value.len() <= 200).then(|| value.trim().to_owned())
}

fn is_taken(name: &str, value: &str) -> bool {
    match colours().any(|known| known == name) {
        true => parse_colour(value).is_some(),
        false => measure(name, value).is_some(),
    }
}

fn refused(theme: &Theme) -> Vec<String> {
    let all = theme.tokens.iter().chain(&theme.dark);
    all.filter(|(name, value)| !is_taken(name, value))
        .map(|(name, _)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(tokens: &[(&str, &str)]) -> Theme {
        Theme {
            tokens: tokens
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Theme::default()
        }
    }

    /// Every pair that is used, of what was resolved, against the least that it needs.
    fn unsafe_pairs(resolved: &Resolved, text: f64, control: f64) -> Vec<String> {
        let value = |name: &str| {
            let found = resolved.tokens.iter().find(|(n, _)| *n == name);
            found.unwrap().1.clone()
        };
        let mut broken = Vec::new();
        for ((name, ..), is_text, grounds) in FIGURES {
            for ground in grounds {
                let ratio = contrast_of(&value(name), &value(ground)).unwrap();
                if ratio < if is_text { text } else { control } {
                    broken.push(format!("{name} on {ground}: {ratio:.2}"));
                }
            }
        }
        broken
    }

    #[test]
    fn the_ratio_is_that_of_wcag() {
        for (a, b, ratio) in [
            ("#000", "#fff", 21.0),
            ("#777777", "#ffffff", 4.478),
            ("#abc", "#aabbcc", 1.0),
        ] {
            assert!(
                (contrast_of(a, b).unwrap() - ratio).abs() < 0.001,
                "{a} {b}"
            );
        }
        for text in ["red", "#12", "#12345g", "", "#é0000", "0d5563"] {
            assert_eq!(contrast_of(text, "#fff"), None, "{text}");
        }
    }

    #[test]
    fn our_own_colours_need_no_correction_and_are_those_of_the_style_sheet() {
        let css = include_str!("../../../style/tokens.css");
        for dark in [false, true] {
            let resolved = resolve(&Theme::default(), dark);
            assert_eq!(unsafe_pairs(&resolved, 4.5, 3.0), Vec::<String>::new());
            let part = css
                .split("prefers-color-scheme: dark")
                .nth(usize::from(dark));
            for (name, value) in &resolved.tokens {
                // The accent is the brand's.
                let name = match (*name, dark) {
                    ("accent", false) => "brand",
                    ("accent", true) => continue,
                    (name, _) => name,
                };
                let short = match value.as_str() {
                    "#ffffff" => "#fff",
                    value => value,
                };
                let line = format!("--{name}: {short};");
                assert!(part.unwrap().contains(&line), "{line} {dark}");
            }
        }
    }

    #[test]
    fn every_pair_of_a_thousand_random_themes_can_be_read() {
        let mut seed = 20_261_122_u64;
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            u32::try_from(seed >> 40).unwrap()
        };
        let names: Vec<_> = colours().collect();
        let presets = [Preset::Auto, Preset::Light, Preset::Dark, Preset::Contrast];
        let mut corrected = 0;
        for round in 0..1_000 {
            let mut tokens = BTreeMap::new();
            for name in &names {
                if random() % 3 == 0 {
                    tokens.insert((*name).to_owned(), hex(rgb(random())));
                }
            }
            let theme = Theme {
                preset: presets[round % 4],
                tokens,
                ..Theme::default()
            };
            for dark in [false, true] {
                let resolved = resolve(&theme, dark);
                let (text, control) = match theme.preset {
                    Preset::Contrast => (7.0, 4.5),
                    _ => (4.5, 3.0),
                };
                let broken = unsafe_pairs(&resolved, text, control);
                assert!(broken.is_empty(), "{theme:?} {dark}: {broken:?}");
                // What was asked for is used, or it is said that it is not.
                for (name, value) in &resolved.tokens {
                    let asked = theme.tokens.get(*name).filter(|asked| *asked != value);
                    let told = resolved.adjusted.iter().any(|a| a.token == *name);
                    assert!(asked.is_none() || told, "{name} {theme:?}");
                }
                corrected += usize::from(!resolved.adjusted.is_empty());
            }
        }
        assert!(corrected > 500, "{corrected}");
    }

    #[test]
    fn a_host_changes_what_it_names_and_a_style_sheet_has_both_schemes() {
        let company = Theme {
            dark: BTreeMap::from([("accent".to_owned(), "#8fd0dc".to_owned())]),
            ..theme(&[("accent", "#0d5563"), ("radius", "8px")])
        };
        let host = theme(&[("accent", "#5b2a86")]);
        let both = company.with(host);
        assert!(both.dark.is_empty());
        let css = both.style_sheet();
        assert!(
            css.starts_with(":root{color-scheme:light dark;--accent:#5b2a86;"),
            "{css}"
        );
        assert!(
            css.contains("--radius:0.5rem;}@media (prefers-color-scheme:dark){:root{"),
            "{css}"
        );
        assert_eq!(Theme::default().style_sheet(), "");
    }

    #[test]
    fn a_colour_is_moved_no_further_than_it_must() {
        let resolved = resolve(&theme(&[("accent", "#f5a623")]), false);
        let [adjusted] = resolved.adjusted.as_slice() else {
            panic!("{:?}", resolved.adjusted)
        };
        assert_eq!((adjusted.token, adjusted.ground), ("accent", "surface"));
        // On the ground that asks most of it, just enough.
        let least = ALL.iter().map(|name| {
            let ground = resolved.tokens.iter().find(|(n, _)| n == name).unwrap();
            contrast_of(&adjusted.used, &ground.1).unwrap()
        });
        let least = least.fold(f64::INFINITY, f64::min);
        assert!((4.5..4.65).contains(&least), "{adjusted:?} {least}");
    }

    #[test]
    fn what_is_no_token_or_no_value_is_refused() {
        let asked = theme(&[
            ("accent", "url(x)"),
            ("radius", "99px"),
            ("body", "1.125rem"),
            ("sans", "Inter; } body { display: none"),
            ("hans", "\"Noto Sans SC\", Arial"),
            ("colour", "#fff"),
        ]);
        let resolved = resolve(&asked, false);
        assert_eq!(resolved.refused, ["accent", "colour", "radius", "sans"]);
        let set = |name: &str| resolved.tokens.iter().find(|(n, _)| *n == name).cloned();
        assert_eq!(set("body").unwrap().1, "1.125rem");
        assert_eq!(set("hans").unwrap().1, "\"Noto Sans SC\", Arial");
        assert_eq!((set("sans"), set("radius")), (None, None));
        assert_eq!(set("accent").unwrap().1, "#0d5563");
    }
}
