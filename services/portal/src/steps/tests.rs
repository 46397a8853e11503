//! A step sends what belongs to it, and is refused at its own inputs.

use super::*;

const PAY: Step = Step::panel("pay", "contribution-do-pay").fields(&[
    Field::required("on", "on-day", Kind::PastDate),
    Field::free("amount", "amount", Kind::Part),
    Field::required("exchange_rate", "exchange-rate", Kind::Rate),
]);
const ERASE: Step = Step::dialog("erase", "erase").fields(&[
    Field::required("reason", "reason", Kind::Long),
    Field::free("comment", "comment", Kind::Long),
    Field::required("sure", "erase-sure", Kind::Sure),
]);

#[test]
fn a_step_sends_what_belongs_to_it() {
    let typed = Typed::read(
        b"on=2026-03-01&amount=1+000%2C50&currency=eur&reason=x&rate=0%2C9&rate_date=2026-03-01&rate_source=ECB",
    );
    let paid = PAY.body(Language::French, &typed);
    assert_eq!(paid["amount"], json!({ "amount": "1000.50", "currency": "EUR" }));
    assert_eq!((&paid["exchange_rate"]["rate"], &paid["reason"]), (&json!("0.9"), &Value::Null));
    assert_eq!(ERASE.body(Language::English, &typed), json!({ "reason": "x" }));
    let nothing = ERASE.body(Language::English, &Typed::default());
    assert_eq!(nothing, json!({ "reason": "" }), "the platform says that it is needed");
}

#[test]
fn a_box_has_to_be_ticked_and_its_refusal_leads_to_it() {
    assert!(ERASE.unsure(&Typed::read(b"sure=yes")).is_none());
    let problem = at_step(ERASE.unsure(&Typed::default()).unwrap(), "erase");
    assert_eq!(problem["errors"][0]["field"], "erase-sure");
}

#[test]
fn a_step_offers_the_plans_and_sends_all_that_are_chosen() {
    const ALLOT: Step = Step::panel("allot", "contribution-do-allot").fields(&[
        Field::free("countries", "countries", Kind::Countries),
        Field::free("plan_ids", "plans", Kind::Plans),
    ]);
    let steps = Steps { list: "contributions", once: true, steps: &[ALLOT] };
    let record = json!({ "id": "r", "version": 2, "amount": { "amount": "1.00", "currency": "USD" } });
    let shown = steps.shown((Language::English, "2026-03-01"), &record, &["allot"]);
    let plans = [json!({ "id": "p", "name": "Chad 2026" })];
    let fields = offering(shown, &plans)[0]["fields"].clone();
    assert_eq!((&fields[1]["kind"], &fields[1]["options"]), (&json!("plans"), &json!(plans)));
    assert_ne!(fields[0]["options"], json!(plans));
    let sent = ALLOT.body(Language::English, &Typed::read(b"plan_ids=p&plan_ids=q"));
    assert_eq!(sent["plan_ids"], json!(["p", "q"]));
    assert_eq!(ALLOT.body(Language::English, &Typed::default())["plan_ids"], json!([]));
}

#[test]
fn a_step_offers_records_and_amounts_in_dollars_of_a_record_without_an_amount() {
    const WITHDRAW: Step = Step::panel("withdraw-funds", "contribution-do-allot").fields(&[
        Field::required("decision_id", "reason", Kind::Offered { blank: "not-stated" }),
        Field::free("other_id", "reason", Kind::Offered { blank: "not-stated" }),
        Field::required("amount", "amount", Kind::Dollars),
    ]);
    let steps = Steps { list: "allocation-proposals", once: false, steps: &[WITHDRAW] };
    assert_eq!(steps.address(), "/console/proposals/{id}/{step:withdraw-funds}");
    let record = json!({ "id": "r", "version": 2 });
    let shown = steps.shown((Language::English, "2026-03-01"), &record, &["withdraw-funds"]);
    let decisions = [json!({ "id": "d", "name": "DEC-2026-00001" })];
    let shown = offering_for(shown, ("withdraw-funds", "decision_id"), &decisions);
    assert_eq!(shown[0]["action"], "/console/proposals/r/withdraw-funds");
    let fields = shown[0]["fields"].clone();
    assert_eq!((&fields[0]["kind"], &fields[0]["options"]), (&json!("plan"), &json!(decisions)));
    assert_eq!((&fields[1]["options"], &fields[2]["currency"]), (&json!([]), &json!("USD")));
    let sent = WITHDRAW.body(Language::English, &Typed::read(b"decision_id=d&other_id=&amount=1,000.5"));
    let amount = json!({ "amount": "1000.5", "currency": "USD" });
    assert_eq!(sent, json!({ "decision_id": "d", "amount": amount }));
}

#[test]
fn a_step_with_a_file_has_a_route_of_its_own_and_says_so() {
    const SIGN: Step = Step::dialog("sign", "agreement-do-sign").fields(&[
        Field::optional("signatory", "signatory", Kind::Line),
        Field::optional("file", "document-signed", Kind::File),
    ]);
    let steps = Steps { list: "agreements", once: false, steps: &[SIGN, ERASE] };
    assert_eq!(steps.address(), "/console/agreements/{id}/{step:erase}");
    let record = json!({ "id": "r", "version": 2, "amount": { "amount": "1.00", "currency": "USD" } });
    let shown = steps.shown((Language::English, "2026-03-01"), &record, &["sign", "erase"]);
    assert_eq!((&shown[0]["upload"], &shown[1]["upload"]), (&json!(true), &json!(false)));
    assert_eq!(shown[0]["fields"][1]["kind"], "file");
    assert_eq!(SIGN.body(Language::English, &Typed::read(b"signatory=x")), json!({ "signatory": "x" }));
}

#[test]
fn a_record_in_dollars_has_no_rate() {
    let fields = |currency: &str| {
        let steps = Steps { list: "contributions", once: true, steps: &[PAY] };
        let record = json!({ "id": "r", "version": 2, "amount": { "amount": "1.00", "currency": currency } });
        steps.shown((Language::English, "2026-03-01"), &record, &["pay", "none"])[0]["fields"].clone()
    };
    assert_eq!(
        (fields("USD").as_array().unwrap().len(), fields("EUR")[2]["kind"].as_str()),
        (2, Some("rate"))
    );
}
