/**
 * Variables of kolla-ansible whose `_image_full` names the image of a process of ours; images that are Kolla's own
 * (nova-libvirt, nova-ssh, keystone-fernet, keystone-ssh) stay as they are.
 * Source: defaults/main.yml of each role, kolla-ansible 22.2.0.
 */
export const kollaVariables: Readonly<Record<string, readonly string[]>> = {
  keystone: ['keystone'],
  glance: ['glance_api'],
  placement: ['placement_api'],
  nova: [
    'nova_api',
    'nova_scheduler',
    'nova_super_conductor',
    'nova_conductor',
    'nova_novncproxy',
    'nova_serialproxy',
    'nova_compute',
    'nova_compute_ironic',
  ],
  neutron: [
    'neutron_server',
    'neutron_rpc_server',
    'neutron_periodic_worker',
    'neutron_ovn_maintenance_worker',
    'neutron_openvswitch_agent',
    'neutron_dhcp_agent',
    'neutron_l3_agent',
    'neutron_metadata_agent',
    'neutron_ovn_metadata_agent',
    'neutron_ovn_agent',
    'neutron_sriov_agent',
    'neutron_metering_agent',
  ],
  cinder: ['cinder_api', 'cinder_scheduler', 'cinder_volume', 'cinder_backup'],
  heat: ['heat_api', 'heat_api_cfn', 'heat_engine'],
  horizon: ['horizon'],
  ironic: ['ironic_api', 'ironic_conductor'],
  octavia: [
    'octavia_api',
    'octavia_driver_agent',
    'octavia_health_manager',
    'octavia_housekeeping',
    'octavia_worker',
  ],
  manila: ['manila_api', 'manila_scheduler', 'manila_share', 'manila_data'],
  designate: [
    'designate_api',
    'designate_central',
    'designate_mdns',
    'designate_producer',
    'designate_sink',
    'designate_worker',
  ],
  barbican: ['barbican_api', 'barbican_worker', 'barbican_keystone_listener'],
  magnum: ['magnum_api', 'magnum_conductor'],
}

/**
 * Keys of `images.tags` of openstack-helm's charts that take the image of the service. Keys of tools of its own
 * (`*_init`, `ks_*`, `db_init`, `*_storage_init`), and of what our images do not hold (`*_assets`, `ironic_pxe_http`,
 * `neutron_l2gw`, `neutron_bagpipe_bgp`), stay as they are.
 *
 * Source: openstack/openstack-helm, `values_overrides/CHART/2026.1-ubuntu_noble.yaml` (keystone, glance, placement,
 * nova, neutron, cinder, heat, horizon, octavia, manila, barbican, at c665eed and 105a735), `CHART/values.yaml` of
 * designate (01c93d8), magnum (0b5a30b) and ironic (73e696b), and `neutron/templates/` for neutron's workers and its
 * SR-IOV agent (`deployment-workers.yaml` at 1c095f3, `daemonset-sriov-agent.yaml` at c6c5810).
 */
export const helmTags: Readonly<Record<string, readonly string[]>> = {
  keystone: [
    'keystone_api',
    'keystone_credential_rotate',
    'keystone_credential_setup',
    'keystone_db_sync',
    'keystone_domain_manage',
    'keystone_fernet_rotate',
    'keystone_fernet_setup',
  ],
  glance: ['glance_api', 'glance_db_sync', 'glance_metadefs_load'],
  placement: ['placement', 'placement_db_sync'],
  nova: [
    'nova_api',
    'nova_cell_setup',
    'nova_compute',
    'nova_compute_ssh',
    'nova_conductor',
    'nova_db_sync',
    'nova_novncproxy',
    'nova_scheduler',
    'nova_spiceproxy',
  ],
  neutron: [
    'neutron_db_sync',
    'neutron_dhcp',
    'neutron_l3',
    'neutron_metadata',
    'neutron_netns_cleanup_cron',
    'neutron_openvswitch_agent',
    'neutron_ovn_maintenance_worker',
    'neutron_ovn_metadata',
    'neutron_periodic_worker',
    'neutron_rpc_server',
    'neutron_server',
    'neutron_sriov_agent',
  ],
  cinder: [
    'cinder_api',
    'cinder_backup',
    'cinder_db_purge',
    'cinder_db_sync',
    'cinder_scheduler',
    'cinder_volume',
    'cinder_volume_usage_audit',
  ],
  heat: ['heat_api', 'heat_cfn', 'heat_db_sync', 'heat_engine', 'heat_engine_cleaner', 'heat_purge_deleted'],
  horizon: ['horizon', 'horizon_db_sync'],
  ironic: ['ironic_api', 'ironic_conductor', 'ironic_db_sync'],
  octavia: [
    'octavia_api',
    'octavia_db_sync',
    'octavia_driver_agent',
    'octavia_health_manager',
    'octavia_housekeeping',
    'octavia_worker',
  ],
  manila: ['manila_api', 'manila_data', 'manila_db_sync', 'manila_scheduler', 'manila_share'],
  designate: [
    'designate_api',
    'designate_central',
    'designate_db_sync',
    'designate_mdns',
    'designate_producer',
    'designate_service_cleaner',
    'designate_sink',
    'designate_worker',
  ],
  barbican: ['barbican_api', 'barbican_db_sync'],
  magnum: ['magnum_api', 'magnum_conductor', 'magnum_db_sync'],
}
