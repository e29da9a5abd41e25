//! What objects hold.

use std::fmt::Debug;
use std::hash::Hash;

use crate::form::edn::Edn;

/// A value that a register, a list or a queue can hold, or that can name a part of a map.
pub trait Value: Clone + Ord + Hash + Debug {
    /// The value in EDN. Not `nil`, which is no value.
    fn to_edn(&self) -> Edn;

    /// The value that is written so, if there is one.
    fn from_edn(edn: &Edn) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Value for $integer {
            fn to_edn(&self) -> Edn {
                Edn::Integer((*self).into())
            }

            fn from_edn(edn: &Edn) -> Option<Self> {
                match edn {
                    Edn::Integer(value) => (*value).try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, i32, i64);

impl Value for String {
    fn to_edn(&self) -> Edn {
        Edn::Text(self.clone())
    }

    fn from_edn(edn: &Edn) -> Option<Self> {
        match edn {
            Edn::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// `nil` or a value.
pub(super) fn optional_to_edn<V: Value>(value: &Option<V>) -> Edn {
    value.as_ref().map_or(Edn::Nil, V::to_edn)
}

/// `nil` or a value, if it is one of these.
pub(super) fn optional_from_edn<V: Value>(edn: &Edn) -> Option<Option<V>> {
    match edn {
        Edn::Nil => Some(None),
        edn => V::from_edn(edn).map(Some),
    }
}

/// A vector of two values, if it is one.
pub(super) fn pair_from_edn<A: Value, B: Value>(edn: &Edn) -> Option<(A, B)> {
    let (first, second) = edn.pair()?;
    Some((A::from_edn(first)?, B::from_edn(second)?))
}

/// The value for people, `nil` if there is none.
pub(super) fn describe<V: Debug>(value: &Option<V>) -> String {
    value.as_ref().map_or_else(|| "nil".to_owned(), |value| format!("{value:?}"))
}
