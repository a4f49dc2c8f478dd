//! The calendars that come with Portico: days off and make-up days of 2023 to 2026, office hours 09:00 to 18:00.

use crate::Calendar;

/// Id and file of each, in the form that a company's own file has.
const FILES: [(&str, &str); 7] = [
    ("CN", include_str!("../calendars/CN.json")),
    ("TW", include_str!("../calendars/TW.json")),
    ("HK", include_str!("../calendars/HK.json")),
    ("US", include_str!("../calendars/US.json")),
    ("GB-ENG", include_str!("../calendars/GB-ENG.json")),
    ("GB-SCT", include_str!("../calendars/GB-SCT.json")),
    ("GB-NIR", include_str!("../calendars/GB-NIR.json")),
];

impl Calendar {
    /// The ids of the calendars that come with Portico (ISO 3166).
    pub fn built_in_ids() -> impl Iterator<Item = &'static str> {
        FILES.iter().map(|(id, _)| *id)
    }

    /// A calendar that comes with Portico.
    #[must_use]
    pub fn built_in(id: &str) -> Option<Self> {
        let (id, text) = FILES.iter().find(|(known, _)| *known == id)?;
        // A test reads them all.
        Self::from_json(id, text).ok()
    }
}
