//! Merkle trees over the rows of a chain, and proofs that a row is in one.
//!
//! RFC 6962 (Certificate Transparency), section 2.1: a leaf's hash is SHA-256 of a zero byte and the leaf, that of a node
//! SHA-256 of a one byte and the hashes of its two sides, and the left side is as wide as the largest power of two below the
//! number of leaves. Memory and work for one more leaf grow with the logarithm of their number.

use sha2::{Digest, Sha256};

use crate::store::Hash;

/// A tree that grows leaf by leaf: the roots of its whole subtrees, widest first, each with its width.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    whole: Vec<(u32, Hash)>,
    length: u32,
}

impl Tree {
    /// How many leaves it has.
    pub(super) const fn length(&self) -> u32 {
        self.length
    }

    /// Adds the hash of the next leaf.
    pub(super) fn push(&mut self, leaf: Hash) {
        let (mut width, mut hash) = (1, leaf);
        while let Some((_, left)) = self.whole.pop_if(|(last, _)| *last == width) {
            hash = node(&left, &hash);
            width *= 2;
        }
        self.whole.push((width, hash));
        self.length += 1;
    }

    /// The root; of no leaves, SHA-256 of nothing.
    pub(super) fn root(&self) -> Hash {
        let mut roots = self.whole.iter().rev().map(|(_, root)| *root);
        let Some(last) = roots.next() else { return Sha256::digest([]).into() };
        roots.fold(last, |right, left| node(&left, &right))
    }
}

/// The proof that a leaf is in a tree, made while its leaves go by once (RFC 6962, section 2.1.1).
#[derive(Debug)]
pub(super) struct ProofMaker {
    /// The subtrees beside the path, in the order of their leaves, each with its first leaf and its width.
    beside: Vec<(u32, u32, Tree)>,
    /// Their places in the proof: from the leaf up.
    upwards: Vec<usize>,
    next: u32,
}

impl ProofMaker {
    /// Of the leaf `index`, from 0, in a tree of `length`; None when it has no such leaf.
    pub(super) fn of(index: u32, length: u32) -> Option<Self> {
        if index >= length {
            return None;
        }
        let (mut first, mut width) = (0, length);
        let mut beside = Vec::new();
        while width > 1 {
            let left = split(width);
            if index < first + left {
                beside.push((first + left, width - left, Tree::default()));
                width = left;
            } else {
                beside.push((first, left, Tree::default()));
                (first, width) = (first + left, width - left);
            }
        }
        let starts: Vec<u32> = beside.iter().map(|(first, ..)| *first).collect();
        beside.sort_by_key(|(first, ..)| *first);
        let place = |start: &u32| beside.iter().position(|(first, ..)| first == start);
        let upwards = starts.iter().rev().filter_map(place).collect();
        Some(Self { beside, upwards, next: 0 })
    }

    /// Takes the hash of the next leaf.
    pub(super) fn push(&mut self, leaf: Hash) {
        let at = self.next;
        self.next += 1;
        let past = self.beside.partition_point(|(first, ..)| *first <= at);
        if let Some((first, width, tree)) = past.checked_sub(1).and_then(|last| self.beside.get_mut(last))
            && at - *first < *width
        {
            tree.push(leaf);
        }
    }

    /// The proof, from the leaf up.
    pub(super) fn proof(&self) -> Vec<Hash> {
        self.upwards.iter().map(|place| self.beside[*place].2.root()).collect()
    }
}

/// The root to which a proof leads from the leaf `index`, from 0, in a tree of `length`; None when it has another
/// number of steps (RFC 9162, section 2.1.3.2).
pub(super) fn root_of(leaf: Hash, index: u32, length: u32, proof: &[Hash]) -> Option<Hash> {
    let (mut at, mut last) = (index, length.checked_sub(1)?);
    if at > last {
        return None;
    }
    let mut hash = leaf;
    for beside in proof {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(beside, &hash);
            while at % 2 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

/// The hash of a node.
fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The width of the left side of a tree of `length` leaves, at least 2.
const fn split(length: u32) -> u32 {
    1 << (u32::BITS - 1 - (length - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sealing::hex;
    use crate::store::leaf_hash;

    /// The leaves that tests of Certificate Transparency use, and the roots of the trees over the first of them.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn numbered(n: u32) -> Hash {
        leaf_hash(&n.to_be_bytes())
    }

    fn tree(length: u32) -> Tree {
        let mut tree = Tree::default();
        (0..length).for_each(|n| tree.push(numbered(n)));
        tree
    }

    fn proof(index: u32, length: u32) -> Vec<Hash> {
        let mut maker = ProofMaker::of(index, length).unwrap();
        (0..length).for_each(|n| maker.push(numbered(n)));
        maker.proof()
    }

    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let mut tree = Tree::default();
        assert_eq!(*hex(&tree.root()), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            tree.push(leaf_hash(leaf));
            assert_eq!(*hex(&tree.root()), *root, "{} leaves", tree.length());
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proven_and_nothing_else_is() {
        for length in 1..=40 {
            let root = tree(length).root();
            for index in 0..length {
                let proof = proof(index, length);
                assert_eq!(
                    root_of(numbered(index), index, length, &proof),
                    Some(root),
                    "{index} of {length}"
                );
                for other in (0..length).filter(|other| *other != index) {
                    assert_ne!(root_of(numbered(index), other, length, &proof), Some(root));
                    assert_ne!(root_of(numbered(other), index, length, &proof), Some(root));
                }
                if !proof.is_empty() {
                    assert_eq!(root_of(numbered(index), index, length, &proof[1..]), None);
                }
                let longer: Vec<Hash> = proof.iter().copied().chain([[0; 32]]).collect();
                assert_eq!(root_of(numbered(index), index, length, &longer), None);
            }
        }
        assert!(ProofMaker::of(3, 3).is_none());
        assert_eq!(root_of(numbered(0), 0, 0, &[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_proof_of_a_large_tree_leads_to_its_root(length in 1_u32..5000, at: prop::sample::Index) {
            let index = u32::try_from(at.index(length as usize)).unwrap();
            let proof = proof(index, length);
            prop_assert!(proof.len() <= 13);
            prop_assert_eq!(root_of(numbered(index), index, length, &proof), Some(tree(length).root()));
        }
    }
}
