create view identity.user_profiles as
select u.id,
       u.public_id,
       u.handle,
       u.full_name,
       u.location,
       u.status = 'active' as is_active
from identity.users u
where u.status <> 'suspended';

comment on view identity.user_profiles is 'What one member may see of another';

grant select on identity.user_profiles to lantern_report;
