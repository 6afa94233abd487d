//! Where people hear of tasks, and all that can be wrong with it.

use std::{fs, time::Duration};

use horarium_core::alert::{Condition, Conditions};

use super::tests::{good_in, wrong_in};
use crate::notify::{Encryption, Way};

const TASKS: &str = "
[task.backup]
schedule = { manual = true }
late_after = '5m'
deadman = '26h'
[task.page]
schedule = { manual = true }
";

/// What is wrong with a channel that stands in line 2, as `key: message`.
fn wrong(channel: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), "hunter22\n").unwrap();
    fs::write(dir.path().join("base64"), "whsec_*\n").unwrap();
    fs::write(dir.path().join("empty"), "\n").unwrap();
    let text = format!("{TASKS}\n[notify.x]\n{channel}\n");
    let found = wrong_in(dir.path(), &text);
    assert!(found.iter().all(|it| !it.contains("hunter22")), "{found:?}");
    found.into_iter().map(|it| it.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn channels_are_read() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("secret"), "hunter22\n").unwrap();
    let config = good_in(
        dir.path(),
        &format!(
            "{TASKS}
            [notify.ops]
            webhook = {{ url = 'https://hooks.example.com/a', secret = {{ from_file = 'secret' }} }}
            [notify.mail]
            on = ['deadman', 'skip']
            tasks = ['back*', 'page']
            give_up = '1h'
            [notify.mail.email]
            server = 'smtp://mail.example.com'
            from = 'Horarium <cron@example.com>'
            to = ['ops@example.com']
            user = 'cron'
            password = {{ from_file = 'secret' }}
            [notify.pager]
            task = 'page'"
        ),
    );
    let [mail, ops, pager] = config.channels.as_slice() else { panic!("{:?}", config.channels) };
    let usual = Condition::ALL.into_iter().filter(|it| *it != Condition::Skip);
    assert_eq!((ops.conditions, ops.recoveries), (usual.collect(), true));
    let Way::Webhook(webhook) = &ops.way else { panic!("{ops:?}") };
    assert_eq!(webhook.secret.as_ref().unwrap().reveal(), "hunter22");
    assert!(!format!("{:?}", config.channels).contains("hunter22"));
    let some: Conditions = [Condition::Deadman, Condition::Skip].into_iter().collect();
    assert_eq!((mail.conditions, mail.recoveries), (some, false));
    assert_eq!((mail.give_up, mail.tasks.len()), (Duration::from_secs(3_600), 2));
    let Way::Email(email) = &mail.way else { panic!("{mail:?}") };
    assert_eq!((email.encryption, email.host.as_str()), (Encryption::StartTls, "mail.example.com"));
    assert_eq!(pager.way, Way::Task("page".parse().unwrap()));
    let rules = config.draft(&"backup".parse().unwrap()).unwrap().rules;
    assert_eq!(rules.late_after, Some(Duration::from_secs(300)));
    assert_eq!(rules.deadman, Some(Duration::from_secs(26 * 3_600)));
}

#[test]
fn a_mail_server_on_this_machine_need_not_speak_tls() {
    let encryption = |server: &str| {
        let email = format!(
            "{TASKS}\n[notify.x.email]\nserver = {server}\nfrom = 'a@b.example'\nto = ['c@d.example']"
        );
        let config = good_in(std::path::Path::new("/"), &email);
        match &config.channels[0].way {
            Way::Email(email) => email.encryption,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(encryption("'smtp://localhost'"), Encryption::None);
    assert_eq!(encryption("'smtp://127.0.0.1:25'"), Encryption::None);
    assert_eq!(encryption("'smtp://localhost'\nstarttls = true"), Encryption::StartTls);
    assert_eq!(encryption("'smtp://mail.example'"), Encryption::StartTls);
    assert_eq!(encryption("'smtp://mail.example'\nstarttls = false"), Encryption::None);
    assert_eq!(encryption("'smtps://localhost'"), Encryption::Tls);
}

#[test]
fn each_mistake_is_named_where_it_stands() {
    let mut missed = Vec::new();
    for (channel, says) in [
        ("", "notify.x: it says nowhere where alerts go"),
        (
            "task = 'page'\nwebhook = { url = 'http://a' }",
            "notify.x: `webhook`, `email` and `task` exclude",
        ),
        ("task = 'pager'", "notify.x.task: there is no task `pager`"),
        (
            "task = 'page'\ntasks = ['back*', 'bakcup']",
            "notify.x.tasks[1]: there is no task `bakcup`",
        ),
        ("task = 'page'\ntasks = ['a?']", "notify.x.tasks[0]: \"a?\" is no task's name"),
        ("task = 'page'\ntasks = ['*/']", "notify.x.tasks[0]: '/' can't be in a task's name"),
        ("task = 'page'\ntasks = []", "notify.x.tasks: it names no task"),
        ("task = 'page'\non = ['failed']", "notify.x.on[0]: \"failed\" is not one of the words"),
        ("task = 'page'\non = ['recovery']", "notify.x.on: there is nothing to tell"),
        ("task = 'page'\ngive_up = '0s'", "notify.x.give_up: nothing could arrive"),
        ("task = 'page'\nslack = 1", "notify.x.slack: there is no such key"),
        ("webhook = {}", "notify.x.webhook: it says nowhere where alerts are posted"),
        ("webhook = { url = 'hooks' }", "notify.x.webhook.url: this is no URL"),
        ("webhook = { url = 'ftp://a.b' }", "notify.x.webhook.url: a webhook is reached by"),
        ("webhook = { url = 'https://a:b@c.d' }", "notify.x.webhook.url: a URL is no place"),
        (
            "webhook = { url = 'http://a', secret = 'hunter22' }",
            "notify.x.webhook.secret: a secret can't stand",
        ),
        (
            "webhook = { url = 'http://a', secret = { from_file = 'base64' } }",
            "notify.x.webhook.secret: it begins with",
        ),
        (
            "webhook = { url = 'http://a', secret = { from_file = 'empty', secret = false } }",
            "notify.x.webhook.secret: it is empty",
        ),
        (
            "webhook = { url = 'http://a', secret = { from_env = 'NO_SUCH' } }",
            "notify.x.webhook.secret.from_env: the host's environment",
        ),
        (
            "webhook = { url = 'http://a', headers = { 'a b' = 'c' } }",
            "notify.x.webhook.headers.a b: \"a b\" is no header's",
        ),
        (
            "webhook = { url = 'http://a', headers = { Host = 'c' } }",
            "notify.x.webhook.headers.Host: every request has",
        ),
        (
            "webhook = { url = 'http://a', headers = { Webhook-Id = 'c' } }",
            "notify.x.webhook.headers.Webhook-Id: every",
        ),
        (
            "webhook = { url = 'https://a', headers = { Authorization = 'c' } }",
            "notify.x.webhook.headers.Authorization: a credential",
        ),
        (
            "webhook = { url = 'http://a', headers = { X = { from_file = 'secret' } } }",
            "notify.x.webhook.headers.X: everybody on the way",
        ),
        (
            "webhook = { url = 'https://a', headers = { X = \"a\\nb\" } }",
            "notify.x.webhook.headers.X: it has characters",
        ),
        ("webhook = { url = 'https://a', ca = 'none.pem' }", "notify.x.webhook.ca: can't read"),
        ("webhook = { url = 'https://a', ca = 'secret' }", "notify.x.webhook.ca: "),
        ("email = { server = 'smtp://a' }", "notify.x.email: it takes `server`, `from` and `to`"),
        (
            "email = { server = 'a', from = 'a@b.example', to = ['a@b.example'] }",
            "notify.x.email.server: \"a\" is no mail server: it has no scheme",
        ),
        (
            "email = { server = 'http://a', from = 'a@b.example', to = ['a@b.example'] }",
            "notify.x.email.server: a mail server is",
        ),
        (
            "email = { server = 'smtp://a:b@c', from = 'a@b.example', to = ['a@b.example'] }",
            "notify.x.email.server: a mail server is",
        ),
        (
            "email = { server = 'smtp://a', from = 'nobody', to = ['a@b.example'] }",
            "notify.x.email.from: \"nobody\" is no mail",
        ),
        (
            "email = { server = 'smtp://a', from = 'a@b.example', to = [] }",
            "notify.x.email.to: it names nobody",
        ),
        (
            "email = { server = 'smtp://a', from = 'a@b.example', to = ['a@b.example'], user = 'u' }",
            "notify.x.email: `user` and `password`",
        ),
        (
            "email = { server = 'smtps://a', from = 'a@b.example', to = ['a@b.example'], starttls = true }",
            "notify.x.email.starttls: this goes with `smtp`",
        ),
        (
            "email = { server = 'smtp://a', from = 'a@b.example', to = ['a@b.example'], starttls = false, user = 'u', password = { from_file = 'secret' } }",
            "notify.x.email.password: everybody on the way",
        ),
    ] {
        let found = wrong(channel);
        if !(found.len() == 1 && found[0].starts_with(says)) {
            missed.push(format!("{channel}: {found:?}"));
        }
    }
    assert_eq!(missed, [""; 0]);
}

#[test]
fn nobody_can_be_early_enough() {
    for key in ["late_after", "deadman"] {
        let text = format!("[defaults]\n{key} = '0s'");
        let found = wrong_in(std::path::Path::new("/"), &text);
        assert_eq!(found, [format!("2 defaults.{key}: no run can keep it")]);
    }
}
