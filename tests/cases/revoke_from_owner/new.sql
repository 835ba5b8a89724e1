revoke update, delete, truncate on audit from current_user;
