use std::collections::BTreeSet;

use super::*;

fn node(id: i64) -> Node {
    Node::of_id(id).unwrap()
}

#[test]
fn all_nodes_are_read_and_each_has_a_name_and_leads_to_the_top() {
    assert_eq!((ENTRIES.len(), TABLE.lines().count()), (583, 584));
    for (id, entry) in ENTRIES.iter() {
        assert!(!entry.name.is_empty() && entry.name.trim() == entry.name, "{id}");
        let mut above = BTreeSet::from([*id]);
        let mut at = entry.parent;
        while let Some(parent) = at {
            assert!(above.insert(parent), "{id} is below itself");
            at = ENTRIES[&parent].parent;
        }
    }
}

#[test]
fn a_node_stands_for_all_below_it_and_for_nothing_else() {
    let below = |id| node(id).subtree().map(Node::id).collect::<Vec<_>>();
    assert_eq!(below(1002), [1002, 1003, 1004, 1005, 1006, 1007]);
    assert_eq!(below(1050), [1050, 1051, 1052]);
    assert_eq!(below(1036), [1036, 1037, 1038, 1039, 1040, 1041], "as the tiers say");
    assert!(node(1051).is_within(node(1049)) && !node(1049).is_within(node(1051)));
}

#[test]
fn an_id_is_written_in_one_way() {
    assert_eq!(Node::parse("1002").map(Node::name), Some("Alcohol"));
    for other in
        ["01002", "+1002", " 1002", "1002 ", "1002.0", "1e3", "999", "1583", "-1002", "66538", "", "Alcohol"]
    {
        assert_eq!(Node::parse(other), None, "{other}");
    }
    assert_eq!(
        (Node::of_id(1582).map(Node::id), Node::of_id(1583), Node::of_id(-1)),
        (Some(1582), None, None)
    );
}

#[test]
fn what_is_sensitive_of_itself_is_there_once_and_is_what_the_table_says() {
    let roots: Vec<Node> = Node::sensitive().map(|(_, root)| root).collect();
    for root in &roots {
        assert!(!root.name().is_empty(), "{root}");
        assert_eq!(roots.iter().filter(|other| root.is_within(**other)).count(), 1, "{root}");
    }
    for (ground, ids) in sensitive::ROOTS {
        let nodes: Vec<String> = ids.iter().map(|id| Named(Node(*id)).to_string()).collect();
        let line = format!("| {} | {} |", ground.name(), nodes.join("; "));
        assert!(include_str!("README.md").lines().any(|told| told == line), "{line}");
    }
    let ground = |id| node(id).ground();
    assert_eq!((ground(1051), ground(1546)), (Some(Ground::Cannabis), Some(Ground::Tobacco)));
    assert_eq!((ground(1123), ground(1167)), (None, None));
}
