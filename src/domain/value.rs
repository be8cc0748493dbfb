//! One cell of a row, as a model reads it.

/// The value of one feature for one candidate. Missing, withheld and (inside a model) unseen are
/// three different things.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// A finite number; a flag is 0 or 1.
    Number(f64),
    /// A category by name.
    Category(&'a str),
    /// Permitted, but not known.
    Missing,
    /// Not permitted: it contributes nothing.
    Withheld,
}
