"""What an invented customer remembers of her own dealings, as she would tell it when she is asked."""

from dsr.demo import accounts, messaging
from dsr.demo.people import Person


def of(person: Person) -> dict[str, str]:
    """Return her answers by the name of the fact."""
    books, lines = accounts.rows(), messaging.rows()
    [customer] = [row for row in books["customers"] if row["id"] == person.number]
    invoices = {row["id"] for row in books["invoices"] if row["customer_id"] == person.number}
    payments = sorted(
        (row for row in books["payments"] if row["invoice_id"] in invoices), key=lambda row: row["paid_at"]
    )
    numbers = [row for row in lines["numbers"] if row["account"] == person.account]
    own = {row["number"] for row in numbers}
    messages = [row["sent_at"] for row in lines["messages"] if row["from_number"] in own]
    return {
        "last_payment_amount": str(payments[-1]["amount"]),
        "last_payment_month": f"{payments[-1]['paid_at']:%Y-%m}",
        "account_opened_month": f"{customer['created_at']:%Y-%m}",
        "last_ticket_month": f"{customer['last_ticket_on']:%Y-%m}",
        "plan_name": customer["plan"],
        "numbers_held": str(len(numbers)),
        "last_number_added_month": f"{max(row['assigned_on'] for row in numbers):%Y-%m}",
        "last_message_month": f"{max(messages):%Y-%m}",
    }
