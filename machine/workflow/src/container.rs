//! Where a transition puts its actions. There may be no room.

use alloc::vec::Vec;
use core::fmt;

use crate::{Action, TrackedActionTypes};

/// A list of actions that may fail to take one more.
pub trait ActionsContainer<U, T: TrackedActionTypes>: Sized {
    /// Why it fails.
    type Error;

    /// An empty container.
    ///
    /// # Errors
    ///
    /// If there is no room for one.
    fn new() -> Result<Self, Self::Error>;

    /// An empty container with room for about so many.
    ///
    /// # Errors
    ///
    /// If there is no room for one.
    fn with_capacity(capacity: usize) -> Result<Self, Self::Error>;

    /// Takes everything out.
    ///
    /// # Errors
    ///
    /// If that cannot be done.
    fn clear(&mut self) -> Result<(), Self::Error>;

    /// Puts one in, after the others.
    ///
    /// # Errors
    ///
    /// If there is no room for it. Then the container is as it was.
    fn add(&mut self, action: Action<U, T>) -> Result<(), Self::Error>;
}

/// A container that a runtime can read, and that can be told how much room it has.
pub trait ActionList<U, T: TrackedActionTypes>: ActionsContainer<U, T, Error: fmt::Debug> {
    /// What is in it, in the order in which it was put in.
    fn list(&self) -> &[Action<U, T>];

    /// From now on it takes so many, and no more.
    fn set_room(&mut self, room: usize);
}

/// A container that takes so many actions and no more.
pub struct Actions<U, T: TrackedActionTypes> {
    list: Vec<Action<U, T>>,
    room: usize,
}

/// There is no room for another action.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("there is no room for another action")
    }
}

impl core::error::Error for NoRoom {}

impl<U, T: TrackedActionTypes> Actions<U, T> {
    /// How many actions a container takes unless it is told otherwise.
    pub const ROOM: usize = 64;
}

impl<U, T: TrackedActionTypes> ActionsContainer<U, T> for Actions<U, T> {
    type Error = NoRoom;

    fn new() -> Result<Self, NoRoom> {
        Ok(Actions { list: Vec::new(), room: Self::ROOM })
    }

    fn with_capacity(capacity: usize) -> Result<Self, NoRoom> {
        Ok(Actions { list: Vec::with_capacity(capacity.min(Self::ROOM)), room: Self::ROOM })
    }

    fn clear(&mut self) -> Result<(), NoRoom> {
        self.list.clear();
        Ok(())
    }

    fn add(&mut self, action: Action<U, T>) -> Result<(), NoRoom> {
        if self.list.len() >= self.room {
            return Err(NoRoom);
        }
        self.list.push(action);
        Ok(())
    }
}

impl<U, T: TrackedActionTypes> ActionList<U, T> for Actions<U, T> {
    fn list(&self) -> &[Action<U, T>] {
        &self.list
    }

    fn set_room(&mut self, room: usize) {
        self.room = room;
    }
}

impl<U: Clone, T: TrackedActionTypes> Clone for Actions<U, T> {
    fn clone(&self) -> Self {
        Actions { list: self.list.clone(), room: self.room }
    }
}

impl<U: fmt::Debug, T: TrackedActionTypes> fmt::Debug for Actions<U, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(formatter)
    }
}
