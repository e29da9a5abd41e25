//! What a node does for its clients and its operator.

use alloc::vec::Vec;

use stormglass_machine::{Env, RequestId};

use crate::config::FsyncPolicy;
use crate::inbox::Item;
use crate::replica::Replica;
use crate::request::{Record, Request, Response, Timer};
use crate::role::{Role, Signal};

impl Replica {
    pub(crate) fn serve(&mut self, request: Request, env: &mut Env<'_, Self>) -> Response {
        match request {
            Request::Append(bytes) => self.append(bytes, env),
            Request::Transition { target, signal } => match self.transition(target, signal, env) {
                Ok(_) => Response::Done,
                Err(error) => Response::TransitionFailed(error),
            },
            Request::SweepRetention => Response::Swept { entries: self.sweep(env) },
            Request::FailNextTagCalls(calls) => {
                self.coordinator.fail_next_tag_calls(calls);
                Response::Done
            }
            Request::Shutdown => unreachable!("a shutdown waits in its lane"),
        }
    }

    /// The answer says only that this node has the entry, in memory.
    fn append(&mut self, bytes: Vec<u8>, env: &mut Env<'_, Self>) -> Response {
        if self.hardening.append_gate && self.role() != Role::Leader {
            return Response::NotLeader { hint: self.belief() };
        }
        let seq = match self.log.append(bytes, self.stamp, env.now()) {
            Ok(seq) => seq,
            Err(error) => return Response::AppendFailed(error),
        };
        if self.is_persistent() {
            let entry = self.log.get(seq).expect("it has just been appended").clone();
            env.write(Record::Append(entry));
            if self.config.fsync == FsyncPolicy::EveryAppend {
                self.flush(env);
            }
        }
        Response::Appended { seq }
    }

    /// Throws away what the retention limits do not allow, and returns how many entries that was.
    pub(crate) fn sweep(&mut self, env: &mut Env<'_, Self>) -> u64 {
        let entries = self.log.sweep(self.config.retention, env.now());
        if entries > 0 && self.is_persistent() {
            env.write(Record::Evict { before: self.log.first_seq() });
        }
        entries
    }

    /// A shutdown waits its turn. If there is no room to wait, the node ends where it stands.
    pub(crate) fn shut_down(&mut self, id: RequestId, env: &mut Env<'_, Self>) {
        if self.inbox.push(Item::Shutdown(id)).is_ok() {
            return self.arrange_work(env);
        }
        if self.hardening.orderly_shutdown {
            self.close(env);
        } else {
            self.end(env);
        }
        env.respond(id, Response::Closed);
    }

    pub(crate) fn close(&mut self, env: &mut Env<'_, Self>) {
        self.end(env);
        // A failure to withdraw the tag is counted; a closed node cannot try again.
        let _ = self.transition(Role::Idle, Signal::ChannelClose, env);
    }

    /// From here on the node hears nothing and says nothing.
    fn end(&mut self, env: &mut Env<'_, Self>) {
        self.closed = true;
        self.inbox.clear();
        for timer in [Timer::Tick, Timer::Work, Timer::Select] {
            env.cancel_timer(timer);
        }
    }
}
