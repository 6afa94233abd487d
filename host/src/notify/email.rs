//! Alerts as mails.

use std::{fmt::Write, fs, time::Duration};

use anyhow::{Context, Result, anyhow};
use horarium_core::text::{beginning, escape};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor,
    address::Envelope,
    message::header::{ContentType, Header, HeaderName, HeaderValue},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};
use tokio::{task::spawn_blocking, time::timeout};

use super::{
    channel::{Email, Encryption},
    message::Message,
    outcome::Undelivered,
};
use crate::serve::hostname;

/// The longest reason that is quoted, in bytes.
const REASON: usize = 2_000;

/// How long a server may take: some look at a mail for a while before they accept it, and
/// one that is given up too early comes twice.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sends a message to everybody; it has arrived where the server took it for anybody. Whether
/// a person has it is theirs to find out.
pub(super) async fn send(email: &Email, message: &Message) -> Result<(), Undelivered> {
    let sent = timeout(PATIENCE, hand_over(email, message)).await;
    let silent = || Undelivered::now(format!("no answer within {PATIENCE:?}"));
    sent.map_err(|_| silent())?.map_err(|error| Undelivered::now(format!("{error:#}")))
}

async fn hand_over(email: &Email, message: &Message) -> Result<()> {
    let mail = mail(email, message)?;
    let settings = email.clone();
    // It reads files.
    let transport = spawn_blocking(move || transport(&settings)).await??;
    let content = mail.formatted();
    let mut refused = None;
    let mut taken = false;
    for to in &email.to {
        let envelope = Envelope::new(Some(email.from.email.clone()), vec![to.email.clone()])?;
        match transport.send_raw(&envelope, &content).await {
            Ok(_) => taken = true,
            // Its words have those of its causes in them.
            Err(reason) => refused = Some(anyhow!("{}: {reason}", to.email)),
        }
    }
    match refused {
        Some(refused) if !taken => Err(refused),
        _ => Ok(()),
    }
}

fn transport(email: &Email) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
    let (tls, port) = match email.encryption {
        Encryption::Tls => (Tls::Wrapper(parameters(email)?), 465),
        Encryption::StartTls => (Tls::Required(parameters(email)?), 587),
        Encryption::None => (Tls::None, 25),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&email.host)
        .port(email.port.unwrap_or(port))
        .tls(tls)
        .hello_name(ClientId::Domain(hostname()))
        .timeout(Some(PATIENCE));
    if let Some(login) = &email.login {
        let (user, password) = (login.user.clone(), login.password.reveal().to_owned());
        builder = builder.credentials(Credentials::new(user, password));
    }
    Ok(builder.build())
}

fn parameters(email: &Email) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(email.host.clone());
    if let Some(file) = &email.ca {
        let pem = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
        let certificate = Certificate::from_pem(&pem)
            .with_context(|| format!("{} has no certificate as PEM", file.display()))?;
        builder =
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    Ok(builder.build_rustls()?)
}

fn mail(email: &Email, message: &Message) -> Result<Mail> {
    let mut builder = Mail::builder()
        .from(email.from.clone())
        .subject(message.subject())
        .message_id(Some(format!("<{}@{}>", message.id, email.from.email.domain())))
        .header(ContentType::TEXT_PLAIN)
        .header(AutoSubmitted);
    for to in &email.to {
        builder = builder.to(to.clone());
    }
    Ok(builder.body(body(message))?)
}

fn body(message: &Message) -> String {
    let mut text = format!("{}\n\n", message.text);
    let mut line = |name: &str, value: &str| {
        // Writing to a string can't fail.
        let _ = writeln!(text, "{:<15}{value}", format!("{name}:"));
    };
    if let Some(task) = &message.task {
        line("Task", task.as_str());
    }
    line("Event", message.event);
    line("At", &message.at.to_string());
    if let Some(since) = message.since {
        line("Since", &since.to_string());
    }
    if let Some(run) = &message.run {
        line("Run", &run.run.to_string());
        line("State", run.state.as_str());
        line("Trigger", run.trigger.as_str());
        line("Scheduled for", &run.scheduled_for.to_string());
        line("Attempts", &run.attempts.to_string());
    }
    if let Some(reason) = &message.reason {
        text.push_str("\nReason:\n");
        for said in beginning(reason, REASON).lines() {
            // Guests have their own words, but no line that looks like one of the host's.
            let _ = writeln!(text, "  {}", escape(said));
        }
    }
    text
}

/// Says that no person wrote this, so that none's absence is answered
/// ([RFC 3834](https://www.rfc-editor.org/rfc/rfc3834#section-5)).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use horarium_core::alert::{Alert, AlertId, Condition};

    use super::*;

    #[test]
    fn a_mail_says_what_happened_and_no_guest_writes_its_headers() {
        let email = Email {
            host: "mail.example".to_owned(),
            port: None,
            encryption: Encryption::StartTls,
            ca: None,
            login: None,
            from: "Horarium <cron@example.com>".parse().unwrap(),
            to: vec!["a@example.com".parse().unwrap(), "B <b@example.com>".parse().unwrap()],
        };
        let alert = Alert {
            alert: AlertId(3),
            task: "nightly".parse().unwrap(),
            condition: Condition::Failure,
            raised: true,
            at: "2026-12-01T03:10:00Z".parse().unwrap(),
            since: None,
            run: None,
            reason: Some("one\nBcc: you@example.com\n\u{1b}[31mtwo".to_owned()),
        };
        let mail = mail(&email, &Message::of("0a1b", &alert, None)).unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Horarium <cron@example.com>",
            "Subject: [horarium] nightly failed",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(head.lines().any(|it| it == line), "{line} in {head}");
        }
        assert!(
            head.contains("Message-ID: <0a1b-alert-3-") && head.contains("@example.com>"),
            "{head}"
        );
        assert!(head.contains("a@example.com") && head.contains("b@example.com"), "{head}");
        assert!(!head.contains("you@"), "{head}");
        assert!(body.contains("\r\n  Bcc: you@example.com\r\n  \\u{1b}[31mtwo"), "{body}");
    }
}
