"""What satellites see of the ground: windows over an area, revisit, contacts, latency, service.

Import from its modules: `sensor`, `area` and `earth` are read wherever a question is put, and only what
flies satellites (`access`, `service`) brings the compiler.
"""
