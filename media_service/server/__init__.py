"""How the service meets its clients: an ASGI application that waits for slow ones, before a WSGI one that never has to.

Nobody's slowness holds a thread. Bodies come in and answers go out in one event loop; views run in threads, with
what they need at hand.
"""
