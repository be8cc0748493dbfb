//! What is declared of an attribute before any label of it is taken: its values, and by what right it is kept how long.

use serde::{Deserialize, Serialize};

use super::LabelError;
use crate::domain::FieldError;

/// Longest time that labels are kept, in days.
pub const RETENTION_DAYS_MAX: u32 = 3650;
/// Most values of an attribute.
const VALUES_MAX: usize = 64;
/// Longest value, in bytes.
const VALUE_BYTES_MAX: usize = 64;
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// Longest basis or source, in bytes.
const TEXT_BYTES_MAX: usize = 512;
/// The one purpose.
const PURPOSE: &str = "audit";

/// A declared attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// Its name: lower-case letters, digits, `_` and `-`.
    pub name: String,
    /// Its values, 2 to 64.
    pub values: Vec<String>,
    /// The lawful basis (GDPR Art. 6).
    pub basis: String,
    /// For how many days a label is kept after it was collected.
    pub retention_days: u32,
    /// Where the labels come from.
    pub source: String,
    /// Whether it is of a special category (GDPR Art. 9).
    pub special_category: SpecialCategory,
    /// The exception that permits a special category: `9(2)(a)` to `9(2)(j)`, and why it holds.
    pub special_basis: Option<String>,
}

/// The special categories of GDPR Art. 9(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialCategory {
    /// None of them.
    None,
    /// Racial or ethnic origin.
    Origin,
    /// Political opinions.
    Opinion,
    /// Religious or philosophical beliefs.
    Belief,
    /// Trade union membership.
    Union,
    /// Genetic data.
    Genetic,
    /// Biometric data that identify.
    Biometric,
    /// Health.
    Health,
    /// Sex life or sexual orientation.
    Sexuality,
}

impl SpecialCategory {
    const ALL: [Self; 9] = [
        Self::None,
        Self::Origin,
        Self::Opinion,
        Self::Belief,
        Self::Union,
        Self::Genetic,
        Self::Biometric,
        Self::Health,
        Self::Sexuality,
    ];

    /// The name in declarations.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Origin => "origin",
            Self::Opinion => "opinion",
            Self::Belief => "belief",
            Self::Union => "union",
            Self::Genetic => "genetic",
            Self::Biometric => "biometric",
            Self::Health => "health",
            Self::Sexuality => "sexuality",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }
}

/// The file of declarations, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    attribute: Vec<RawAttribute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAttribute {
    name: Option<String>,
    values: Option<Vec<String>>,
    basis: Option<String>,
    purpose: Option<String>,
    retention_days: Option<i64>,
    source: Option<String>,
    special_category: Option<String>,
    special_basis: Option<String>,
}

/// The attributes that a TOML file declares: a table `[[attribute]]` each.
///
/// # Errors
/// When it is not such a file, or a declaration breaks a rule; the error names attribute, field and rule.
pub fn read_attributes(text: &str) -> Result<Vec<Attribute>, LabelError> {
    let raw: RawFile = toml::from_str(text).map_err(|error| {
        let rule = error.message().lines().next().unwrap_or_default().to_owned();
        FieldError::new("attributes", format!("must be TOML with a table [[attribute]] each: {rule}"))
    })?;
    if raw.attribute.is_empty() {
        return Err(FieldError::new("attributes", "must declare at least one [[attribute]]").into());
    }
    let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.attribute.len());
    for (place, raw) in raw.attribute.into_iter().enumerate() {
        let named = raw.name.clone().unwrap_or_else(|| format!("[{place}]"));
        let attribute =
            check(raw).map_err(|error| LabelError::Declaration { attribute: named.clone(), error })?;
        if attributes.iter().any(|before| before.name == attribute.name) {
            let error = FieldError::new("name", "is declared twice");
            return Err(LabelError::Declaration { attribute: named, error });
        }
        attributes.push(attribute);
    }
    Ok(attributes)
}

fn check(raw: RawAttribute) -> Result<Attribute, FieldError> {
    let name = text("name", raw.name, NAME_BYTES_MAX)?;
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if !name.bytes().all(is_plain) {
        return Err(FieldError::new("name", "must be of lower-case letters, digits, _ and -"));
    }
    let values = raw.values.ok_or_else(|| FieldError::new("values", "must be given"))?;
    if !(2..=VALUES_MAX).contains(&values.len()) {
        let rule = format!("must be 2 to {VALUES_MAX}, are {}", values.len());
        return Err(FieldError::new("values", rule));
    }
    for (place, value) in values.iter().enumerate() {
        let field = format!("values[{place}]");
        if value.trim() != value || !(1..=VALUE_BYTES_MAX).contains(&value.len()) {
            let rule = format!("must be 1 to {VALUE_BYTES_MAX} bytes without spaces around");
            return Err(FieldError::new(field, rule));
        }
        if values[..place].contains(value) {
            return Err(FieldError::new(field, "repeats one before it"));
        }
    }
    let basis = text("basis", raw.basis, TEXT_BYTES_MAX)?;
    if raw.purpose.is_some_and(|purpose| purpose != PURPOSE) {
        return Err(FieldError::new("purpose", "must be \"audit\": a group label is used for nothing else"));
    }
    let days = raw.retention_days.ok_or_else(|| FieldError::new("retention_days", "must be given"))?;
    let retention_days =
        u32::try_from(days).ok().filter(|days| (1..=RETENTION_DAYS_MAX).contains(days)).ok_or_else(|| {
            FieldError::new("retention_days", format!("must be 1 to {RETENTION_DAYS_MAX}, is {days}"))
        })?;
    let source = text("source", raw.source, TEXT_BYTES_MAX)?;
    let (special_category, special_basis) = special(raw.special_category, raw.special_basis)?;
    Ok(Attribute { name, values, basis, retention_days, source, special_category, special_basis })
}

/// Whoever declares an attribute has to say whether it is of a special category, so that none is by oversight; and for one that
/// is, which of the exceptions of Art. 9(2) holds.
fn special(
    category: Option<String>,
    basis: Option<String>,
) -> Result<(SpecialCategory, Option<String>), FieldError> {
    let rule = || {
        let names = SpecialCategory::ALL.map(SpecialCategory::name).join(", ");
        FieldError::new("special_category", format!("must be given, one of {names} (GDPR Art. 9)"))
    };
    let category = SpecialCategory::of_name(&category.ok_or_else(rule)?).ok_or_else(rule)?;
    if category == SpecialCategory::None {
        return match basis {
            None => Ok((category, None)),
            Some(_) => {
                Err(FieldError::new("special_basis", "must not be given where special_category is none"))
            }
        };
    }
    let basis = text("special_basis", basis, TEXT_BYTES_MAX)?;
    let exception = basis.strip_prefix("9(2)(").and_then(|rest| rest.split_once(')'));
    let names_one = exception.is_some_and(|(letter, why)| {
        matches!(letter.as_bytes(), [b'a'..=b'j']) && !why.trim_matches([' ', ':']).is_empty()
    });
    if !names_one {
        let rule = "must begin with the exception that permits it, 9(2)(a) to 9(2)(j), and say why it holds";
        return Err(FieldError::new("special_basis", rule));
    }
    Ok((category, Some(basis)))
}

fn text(field: &str, text: Option<String>, bytes_max: usize) -> Result<String, FieldError> {
    let text = text.unwrap_or_default();
    match text.trim().len() {
        0 => Err(FieldError::new(field, "must be given")),
        _ if text.len() > bytes_max || text.chars().any(char::is_control) => {
            Err(FieldError::new(field, format!("must be one line of at most {bytes_max} bytes")))
        }
        _ => Ok(text.trim().to_owned()),
    }
}

impl Attribute {
    /// The first field in which another declaration of the same name differs.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<&'static str> {
        let fields = [
            ("values", self.values != other.values),
            ("basis", self.basis != other.basis),
            ("retention_days", self.retention_days != other.retention_days),
            ("source", self.source != other.source),
            ("special_category", self.special_category != other.special_category),
            ("special_basis", self.special_basis != other.special_basis),
        ];
        fields.into_iter().find_map(|(field, differs)| differs.then_some(field))
    }
}
