//! How many people must stand behind what others are told.

/// Fewest distinct people behind anything that is told of them to others than themselves.
pub const PEOPLE_FLOOR: u64 = 5;
