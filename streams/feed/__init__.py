"""The HTTP gateway: recent events for many readers, live and as documents, from one consumer of the topic."""
