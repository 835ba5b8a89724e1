"""The only room that talks to PostgreSQL: sessions, throwaway servers, scratch databases, client tools, the catalog."""
