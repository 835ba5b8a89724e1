revoke update, delete, truncate on audit from postgres;
