"""The app's routes, the Durable management API and the admin routes, as one ASGI application."""
