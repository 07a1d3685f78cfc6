"""The Mercado Pago webhook, and what it shares with the scheduled job.

main         the HTTP function
settings     the settings, read from the environment
codes        every code a delivery or a sweep can end with            (pure)
notice       notices: their signature and what they are about         (pure)
resources    payments and merchant orders as far as they matter       (pure)
values       amounts of money, instants, numeric ids                  (pure)
judgement    decides whether a class is paid                          (pure)
mercado_pago asks Mercado Pago
classes      the classes in Firestore
reading      reads a sale: payment, order, class
settlement   settles a sale: reads it, judges it, acts on the verdict, logs it
booking      calls create_event
tasks        has a queue of Cloud Tasks call it instead
"""
