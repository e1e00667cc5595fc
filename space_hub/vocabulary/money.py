"""Money: a decimal amount and an ISO 4217 currency. Never a float. Pure."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from space_hub.errors import Invalid

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND
    VUV WST XAF XCD XOF XPF YER ZAR ZMW
"""

CURRENCIES = frozenset(_CODES.split())
"""National and regional currencies in use (ISO 4217); funds codes, metals and test codes are left out."""

_MOST = Decimal(10) ** 15
_SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` is at least zero and kept to a millionth, because unit prices are finer than coins."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise Invalid("vocabulary.currency_unknown", currency=self.currency)
        if not self.amount.is_finite() or not 0 <= self.amount < _MOST:
            raise Invalid("vocabulary.amount_wrong", amount=str(self.amount))
        object.__setattr__(self, "amount", self.amount.quantize(_SMALLEST).normalize() + 0)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def money(amount: str | int | Decimal, currency: str) -> Money:
    """Read an amount from text; a float is not taken, because 0.1 is not one."""
    try:
        return Money(Decimal(str(amount).strip()), currency)
    except InvalidOperation as error:
        raise Invalid("vocabulary.amount_wrong", amount=str(amount)) from error
