create function order_total() returns numeric language sql stable as $$ select sum(total) from orders $$;
comment on function order_total() is 'sum over all orders';
