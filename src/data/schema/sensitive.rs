//! The sensitive list of an attribute: what history in it feeds nothing.
//!
//! Values of the data's own are listed with the nodes of the taxonomy that they map to, or with the reason why there is none. An attribute
//! that holds ids of the taxonomy lists nodes, each of which covers all below it; on its list are the nodes that are sensitive of
//! themselves, but for those that are declared ordinary.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::data::taxonomy::{Ground, Named, Node, TAXONOMY, TAXONOMY_KEY};
use crate::domain::{FieldError, FieldErrors};

/// What is listed together, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEntry {
    /// Values of the data's own; empty where the attribute holds ids of the taxonomy.
    pub values: Vec<String>,
    /// The nodes that the values map to, or that are listed with all below them; none where the taxonomy has none.
    pub nodes: Vec<Node>,
    /// Why the taxonomy has no node, or why nodes are listed that are not sensitive of themselves, or are taken off.
    pub because: Option<String>,
}

/// An entry as it is written.
#[derive(Debug)]
pub(super) struct RawEntry {
    values: Vec<String>,
    ids: Vec<i64>,
    because: Option<String>,
}

/// The lists of an attribute as they are written.
#[derive(Debug)]
pub(super) struct RawLists {
    pub taxonomy: Option<String>,
    pub sensitive: Vec<RawEntry>,
    pub ordinary: Vec<RawEntry>,
}

/// The lists of an attribute.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub holds_nodes: bool,
    /// Every sensitive value: with a node all below it.
    pub values: BTreeSet<String>,
    pub sensitive: Vec<ListEntry>,
    pub ordinary: Vec<ListEntry>,
}

/// Checks the lists of the attribute that `field` names; rules that one breaks go to `broken`.
pub(super) fn check_lists(field: &str, raw: RawLists, broken: &mut FieldErrors) -> Lists {
    let holds_nodes = raw.taxonomy.is_some();
    if let Some(other) = raw.taxonomy.filter(|name| name != TAXONOMY_KEY) {
        let rule = format!("taxonomy must be \"{TAXONOMY_KEY}\" or absent, is \"{other}\"");
        broken.0.push(FieldError::new(field, rule));
    }
    if !holds_nodes && !raw.ordinary.is_empty() {
        broken.0.push(FieldError::new(field, "ordinary must not be given unless taxonomy is"));
    }
    let mut lists = Lists { holds_nodes, ..Lists::default() };
    for (place, entry) in raw.sensitive.into_iter().enumerate() {
        let mut checked = Checked { field: format!("{field} sensitive[{place}]"), broken };
        let entry = if holds_nodes { checked.nodes(entry) } else { checked.values(entry, &mut lists.values) };
        lists.sensitive.push(entry);
    }
    if holds_nodes {
        for (place, entry) in raw.ordinary.into_iter().enumerate() {
            let mut checked = Checked { field: format!("{field} ordinary[{place}]"), broken };
            let entry = checked.ordinary(entry, &lists.sensitive);
            lists.ordinary.push(entry);
        }
        lists.values = covered(&lists);
        lists.sensitive.splice(0..0, of_themselves(&lists.ordinary));
    }
    lists
}

/// The ids on the list: of what is sensitive of itself and not ordinary, and of what is listed.
fn covered(lists: &Lists) -> BTreeSet<String> {
    let nodes_of = |entries: &[ListEntry]| -> BTreeSet<Node> {
        entries.iter().flat_map(|entry| &entry.nodes).flat_map(|node| node.subtree()).collect()
    };
    let (listed, ordinary) = (nodes_of(&lists.sensitive), nodes_of(&lists.ordinary));
    let of_themselves = Node::sensitive().flat_map(|(_, root)| root.subtree());
    let kept = of_themselves.filter(|node| !ordinary.contains(node));
    kept.chain(listed).map(|node| node.to_string()).collect()
}

/// An entry for each ground on which nodes are sensitive of themselves, without those that are ordinary as a whole.
fn of_themselves(ordinary: &[ListEntry]) -> Vec<ListEntry> {
    let is_ordinary = |node: &Node| ordinary.iter().any(|entry| entry.nodes.contains(node));
    let mut entries: Vec<(Ground, ListEntry)> = Vec::new();
    for (ground, node) in Node::sensitive().filter(|(_, node)| !is_ordinary(node)) {
        match entries.last_mut().filter(|(last, _)| *last == ground) {
            Some((_, entry)) => entry.nodes.push(node),
            None => entries.push((ground, ListEntry { nodes: vec![node], ..ListEntry::default() })),
        }
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// Where an entry is, and where to tell what is wrong with it.
struct Checked<'a> {
    field: String,
    broken: &'a mut FieldErrors,
}

impl Checked<'_> {
    /// An entry of values; they join those that came before.
    fn values(&mut self, raw: RawEntry, before: &mut BTreeSet<String>) -> ListEntry {
        if raw.values.is_empty() {
            self.refuse("must have a value: ids alone are for an attribute with taxonomy");
        }
        for value in &raw.values {
            if value.trim().is_empty() {
                self.refuse("must not have an empty value");
            } else if !before.insert(value.clone()) {
                self.refuse(format!("{value} is listed twice"));
            }
        }
        if raw.ids.is_empty() && raw.because.is_none() {
            self.refuse(format!(
                "must have the ids of {TAXONOMY} that it maps to, or say in because why there is none"
            ));
        }
        let nodes = self.listed(&raw);
        ListEntry { values: raw.values, nodes, because: raw.because }
    }

    /// An entry of nodes.
    fn nodes(&mut self, raw: RawEntry) -> ListEntry {
        self.check_nodes_alone(&raw);
        let nodes = self.listed(&raw);
        ListEntry { values: Vec::new(), nodes, because: raw.because }
    }

    /// An entry of nodes that are not on the list though they are sensitive of themselves.
    fn ordinary(&mut self, raw: RawEntry, listed: &[ListEntry]) -> ListEntry {
        self.check_nodes_alone(&raw);
        if raw.because.is_none() {
            self.refuse("because must say why it is not sensitive here");
        }
        let nodes = self.known(&raw);
        for node in &nodes {
            let is_listed = listed.iter().flat_map(|entry| &entry.nodes).any(|other| node.is_within(*other));
            if is_listed {
                self.refuse(format!("id {} is listed as sensitive, too", Named(*node)));
            } else if node.ground().is_none() {
                self.refuse(format!("id {} is not sensitive of itself", Named(*node)));
            }
        }
        ListEntry { values: Vec::new(), nodes, because: raw.because }
    }

    fn check_nodes_alone(&mut self, raw: &RawEntry) {
        if !raw.values.is_empty() {
            self.refuse(format!("must have no values: the attribute holds ids of {TAXONOMY}"));
        }
        if raw.ids.is_empty() {
            self.refuse("must have an id");
        }
    }

    /// The nodes of an entry of the sensitive list.
    fn listed(&mut self, raw: &RawEntry) -> Vec<Node> {
        let nodes = self.known(raw);
        if raw.because.is_none() {
            for node in nodes.iter().filter(|node| node.ground().is_none()) {
                self.refuse(format!(
                    "id {} is not sensitive of itself: because must say why it is here",
                    Named(*node)
                ));
            }
        }
        nodes
    }

    /// The nodes of an entry; an id that is not known goes to what is broken.
    fn known(&mut self, raw: &RawEntry) -> Vec<Node> {
        if raw.because.as_ref().is_some_and(|because| because.trim().is_empty()) {
            self.refuse("because must not be empty");
        }
        let mut nodes = Vec::with_capacity(raw.ids.len());
        for id in &raw.ids {
            match Node::of_id(*id) {
                None => self.refuse(format!("id {id} is not in {TAXONOMY}")),
                Some(node) if nodes.contains(&node) => self.refuse(format!("id {id} is given twice")),
                Some(node) => nodes.push(node),
            }
        }
        nodes
    }

    fn refuse(&mut self, rule: impl Into<String>) {
        self.broken.0.push(FieldError::new(self.field.as_str(), rule));
    }
}

/// A value on its own says nothing of the taxonomy, so it is refused with what to write in its place.
impl<'de> Deserialize<'de> for RawEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    ids: Vec<i64>,
    because: Option<String>,
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = RawEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{ values = [\"VALUE\"], ids = [1002] }} with ids of {TAXONOMY}")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawEntry, A::Error> {
        let Written { values, ids, because } =
            Written::deserialize(MapAccessDeserializer::new(map)).map_err(A::Error::custom)?;
        Ok(RawEntry { values, ids, because })
    }
}
