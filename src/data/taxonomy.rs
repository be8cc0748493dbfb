//! The Ad Product Taxonomy 2.0 of IAB Tech Lab (CC BY 3.0): its nodes, and those that are sensitive of themselves.
//!
//! `taxonomy/README.md` says where the nodes are from, what was changed, and why each node is sensitive or is not.

mod sensitive;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

pub use sensitive::Ground;

/// What the taxonomy is called where it is shown.
pub const TAXONOMY: &str = "IAB Ad Product Taxonomy 2.0";

/// What a schema calls the taxonomy.
pub(super) const TAXONOMY_KEY: &str = "iab-ad-product-2.0";

/// `id`, `parent` and `name` of each node, separated by tabs, below a line of headings.
const TABLE: &str = include_str!("taxonomy/ad_product_2.0.tsv");

/// A node of the taxonomy. It stands for everything below it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u16);

struct Entry {
    parent: Option<u16>,
    name: &'static str,
}

static ENTRIES: LazyLock<BTreeMap<u16, Entry>> = LazyLock::new(|| TABLE.lines().filter_map(entry).collect());

/// The node of a line; None for the headings.
fn entry(line: &'static str) -> Option<(u16, Entry)> {
    let mut columns = line.split('\t');
    let id = columns.next()?.parse().ok()?;
    let parent = columns.next()?.parse().ok();
    Some((id, Entry { parent, name: columns.next()? }))
}

impl Node {
    /// The node of an id, if there is one.
    #[must_use]
    pub fn of_id(id: i64) -> Option<Self> {
        let id = u16::try_from(id).ok()?;
        ENTRIES.contains_key(&id).then_some(Self(id))
    }

    /// The node whose id is written so: `1002`, and neither `01002` nor `1002.0`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let node = Self::of_id(text.parse().ok()?)?;
        (node.to_string() == text).then_some(node)
    }

    /// Its id.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.0
    }

    /// Its name, in English as the taxonomy has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        ENTRIES.get(&self.0).map_or("", |entry| entry.name)
    }

    /// Whether it is `other` or below it.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        let parent = |id: &u16| ENTRIES.get(id).and_then(|entry| entry.parent);
        std::iter::successors(Some(self.0), parent).any(|id| id == other.0)
    }

    /// It and everything below it, ascending.
    pub fn subtree(self) -> impl Iterator<Item = Self> {
        ENTRIES.keys().map(|id| Self(*id)).filter(move |node| node.is_within(self))
    }

    /// Why the node is sensitive of itself; None when it is not.
    #[must_use]
    pub fn ground(self) -> Option<Ground> {
        Self::sensitive().find(|(_, root)| self.is_within(*root)).map(|(ground, _)| ground)
    }

    /// The nodes that are sensitive of themselves with all below them, none below another.
    pub fn sensitive() -> impl Iterator<Item = (Ground, Self)> {
        sensitive::ROOTS.iter().flat_map(|(ground, ids)| ids.iter().map(|id| (*ground, Self(*id))))
    }
}

/// The id and the name: `1002 Alcohol`.
pub(super) struct Named(pub(super) Node);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.0.name())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests;
