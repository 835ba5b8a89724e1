drop sequence invoice_number cascade;
