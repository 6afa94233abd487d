//! What is pressed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

/// How soon the thread that waits for keys sees that nobody wants them any more.
const WAIT: Duration = Duration::from_millis(200);

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Press {
    Leave,
    /// The run that is selected.
    Open,
    /// From a run to the lists, and from these to the shell.
    Back,
    /// Another row: so many further down.
    Move(i32),
    /// Another list: so many further on.
    Turn(i32),
    /// The terminal has another size.
    Redraw,
}

/// Keys, as they are pressed.
pub(super) struct Keys {
    pressed: mpsc::Receiver<Press>,
    wanted: Arc<AtomicBool>,
}

impl Keys {
    /// Begins to wait for keys, on a thread: terminals have no other way.
    pub(super) fn begin() -> Self {
        let (sender, pressed) = mpsc::channel(16);
        let wanted = Arc::new(AtomicBool::new(true));
        let still = wanted.clone();
        thread::spawn(move || {
            while still.load(Ordering::Relaxed) {
                let read = event::poll(WAIT).and_then(|there| there.then(event::read).transpose());
                // Without a terminal there are no keys any more.
                let Ok(read) = read else { return };
                if let Some(press) = read.and_then(|event| press(&event))
                    && sender.blocking_send(press).is_err()
                {
                    return;
                }
            }
        });
        Self { pressed, wanted }
    }

    /// The next one; none where none will come.
    pub(super) async fn next(&mut self) -> Option<Press> {
        self.pressed.recv().await
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Relaxed);
    }
}

fn press(event: &Event) -> Option<Press> {
    let key = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => key,
        Event::Resize(..) => return Some(Press::Redraw),
        _ => return None,
    };
    let KeyEvent { code, modifiers, .. } = key;
    Some(match code {
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Press::Leave,
        KeyCode::Char('q') => Press::Leave,
        KeyCode::Enter => Press::Open,
        KeyCode::Esc | KeyCode::Backspace => Press::Back,
        KeyCode::Up | KeyCode::Char('k') => Press::Move(-1),
        KeyCode::Down | KeyCode::Char('j') => Press::Move(1),
        KeyCode::PageUp => Press::Move(-10),
        KeyCode::PageDown => Press::Move(10),
        KeyCode::BackTab | KeyCode::Left => Press::Turn(-1),
        KeyCode::Tab | KeyCode::Right => Press::Turn(1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_people_expect() {
        let key = |code, modifiers| press(&Event::Key(KeyEvent::new(code, modifiers)));
        let plain = |code| key(code, KeyModifiers::NONE);
        assert_eq!(plain(KeyCode::Char('q')), Some(Press::Leave));
        assert_eq!(plain(KeyCode::Esc), Some(Press::Back));
        assert_eq!(plain(KeyCode::Enter), Some(Press::Open));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Press::Leave));
        assert_eq!(plain(KeyCode::Char('c')), None);
        assert_eq!(plain(KeyCode::Down), Some(Press::Move(1)));
        assert_eq!(plain(KeyCode::Tab), Some(Press::Turn(1)));
        assert_eq!(press(&Event::Resize(9, 9)), Some(Press::Redraw));
    }
}
