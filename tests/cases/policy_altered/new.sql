alter policy own on doc to public using (shared or author = current_user) with check (true);
