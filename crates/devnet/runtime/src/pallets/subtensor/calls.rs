//! What can be called: each call under its number on the real chain, with what it weighs. What calls do is in the
//! files named after it.

#[frame_support::pallet_macros::pallet_section]
mod calls {
    /// What a call that costs `rao` at 0.0005 rao per unit weighs.
    const fn costing(rao: u64) -> Weight {
        Weight::from_parts(rao.saturating_mul(2_000), 0)
    }

    // As the real runtime weighs these calls; the others cost about as much as there.
    const SET_WEIGHTS: Weight = Weight::from_parts(118_513_610_000, 10_327_410);
    const ADD_STAKE: Weight = Weight::from_parts(3_064_064_000, 8_727);
    const REMOVE_STAKE: Weight = Weight::from_parts(2_569_198_000, 10_557);
    const MOVE_STAKE: Weight = Weight::from_parts(1_391_061_000, 7_919);
    const REGISTER: Weight = Weight::from_parts(4_086_815_000, 6_148);
    const REGISTER_NETWORK: Weight = Weight::from_parts(6_077_125_000, 9_947);
    const START: Weight = Weight::from_parts(364_454_000, 4_583);
    const COMMIT: Weight = Weight::from_parts(590_000_000, 0);
    const COMMIT_TIMELOCKED: Weight = Weight::from_parts(640_000_000, 0);
    const REVEAL: Weight = Weight::from_parts(790_000_000, 0);
    const SERVE: Weight = Weight::from_parts(206_278_000, 4_178);

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the signing hotkey's weights on a subnet.
        #[pallet::call_index(0)]
        #[pallet::weight((SET_WEIGHTS, DispatchClass::Normal, Pays::No))]
        pub fn set_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            dests: Vec<u16>,
            weights: Vec<u16>,
            version_key: u64,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::set_open_weights(&hotkey, netuid, 0, Row { uids: dests, values: weights, version_key })
        }

        /// Sets the signing hotkey's weights on one mechanism of a subnet.
        #[pallet::call_index(119)]
        #[pallet::weight((SET_WEIGHTS, DispatchClass::Normal, Pays::No))]
        pub fn set_mechanism_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            mecid: MechId,
            dests: Vec<u16>,
            weights: Vec<u16>,
            version_key: u64,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::set_open_weights(&hotkey, netuid, mecid, Row { uids: dests, values: weights, version_key })
        }

        /// Sets the signing hotkey's weights on several subnets.
        #[pallet::call_index(80)]
        #[pallet::weight((SET_WEIGHTS, DispatchClass::Normal, Pays::No))]
        pub fn batch_set_weights(
            origin: OriginFor<T>,
            netuids: Vec<Compact<NetUid>>,
            weights: Vec<Vec<(Compact<u16>, Compact<u16>)>>,
            version_keys: Vec<Compact<u64>>,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::set_weights_of_each(hotkey, netuids, weights, version_keys)
        }

        /// Commits to weights by their hash.
        #[pallet::call_index(96)]
        #[pallet::weight((COMMIT, DispatchClass::Normal, Pays::No))]
        pub fn commit_weights(origin: OriginFor<T>, netuid: NetUid, commit_hash: H256) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_commit_weights(&hotkey, netuid, 0, commit_hash)
        }

        /// Commits to weights on one mechanism by their hash.
        #[pallet::call_index(115)]
        #[pallet::weight((COMMIT, DispatchClass::Normal, Pays::No))]
        pub fn commit_mechanism_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            mecid: MechId,
            commit_hash: H256,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_commit_weights(&hotkey, netuid, mecid, commit_hash)
        }

        /// Commits to weights on several subnets by their hashes.
        #[pallet::call_index(100)]
        #[pallet::weight((COMMIT, DispatchClass::Normal, Pays::No))]
        pub fn batch_commit_weights(
            origin: OriginFor<T>,
            netuids: Vec<Compact<NetUid>>,
            commit_hashes: Vec<H256>,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::commit_weights_of_each(hotkey, netuids, commit_hashes)
        }

        /// Reveals weights that were committed to, and sets them.
        #[pallet::call_index(97)]
        #[pallet::weight((REVEAL, DispatchClass::Normal, Pays::No))]
        pub fn reveal_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            uids: Vec<u16>,
            values: Vec<u16>,
            salt: Vec<u16>,
            version_key: u64,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            let row = Row { uids, values, version_key };
            Self::do_reveal_weights(&hotkey, netuid, 0, Revealed { row, salt })
        }

        /// Reveals weights that were committed to on one mechanism, and sets them.
        #[pallet::call_index(116)]
        #[pallet::weight((REVEAL, DispatchClass::Normal, Pays::No))]
        pub fn reveal_mechanism_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            mecid: MechId,
            uids: Vec<u16>,
            values: Vec<u16>,
            salt: Vec<u16>,
            version_key: u64,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            let row = Row { uids, values, version_key };
            Self::do_reveal_weights(&hotkey, netuid, mecid, Revealed { row, salt })
        }

        /// Reveals weights of several commits in their order, all or none.
        #[pallet::call_index(98)]
        #[pallet::weight((REVEAL, DispatchClass::Normal, Pays::No))]
        pub fn batch_reveal_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            uids_list: Vec<Vec<u16>>,
            values_list: Vec<Vec<u16>>,
            salts_list: Vec<Vec<u16>>,
            version_keys: Vec<u64>,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            let count = uids_list.len();
            let lengths = [values_list.len(), salts_list.len(), version_keys.len()];
            ensure!(lengths.iter().all(|length| *length == count), Error::<T>::InputLengthsUnequal);
            let rows = uids_list.into_iter().zip(values_list).zip(version_keys);
            let revealed = rows.zip(salts_list).map(|(((uids, values), version_key), salt)| Revealed {
                row: Row { uids, values, version_key },
                salt,
            });
            Self::reveal_weights_in_turn(hotkey, netuid, revealed)
        }

        /// Commits to weights sealed until a round of the beacon.
        #[pallet::call_index(113)]
        #[pallet::weight((COMMIT_TIMELOCKED, DispatchClass::Normal, Pays::No))]
        pub fn commit_timelocked_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            commit: BoundedVec<u8, ConstU32<5000>>,
            reveal_round: u64,
            commit_reveal_version: u16,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_commit_timelocked_weights(
                &hotkey,
                netuid,
                0,
                commit,
                reveal_round,
                commit_reveal_version,
            )
        }

        /// Commits to weights on one mechanism, sealed until a round of the beacon.
        #[pallet::call_index(118)]
        #[pallet::weight((COMMIT_TIMELOCKED, DispatchClass::Normal, Pays::No))]
        pub fn commit_timelocked_mechanism_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            mecid: MechId,
            commit: BoundedVec<u8, ConstU32<5000>>,
            reveal_round: u64,
            commit_reveal_version: u16,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_commit_timelocked_weights(
                &hotkey,
                netuid,
                mecid,
                commit,
                reveal_round,
                commit_reveal_version,
            )
        }

        /// As `commit_timelocked_mechanism_weights` with version 4.
        #[pallet::call_index(117)]
        #[pallet::weight((COMMIT_TIMELOCKED, DispatchClass::Normal, Pays::No))]
        pub fn commit_crv3_mechanism_weights(
            origin: OriginFor<T>,
            netuid: NetUid,
            mecid: MechId,
            commit: BoundedVec<u8, ConstU32<5000>>,
            reveal_round: u64,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_commit_timelocked_weights(&hotkey, netuid, mecid, commit, reveal_round, 4)
        }

        /// Buys alpha of a subnet and stakes it on a hotkey.
        #[pallet::call_index(2)]
        #[pallet::weight(ADD_STAKE)]
        pub fn add_stake(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            amount_staked: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_add_stake(&coldkey, &hotkey, netuid, amount_staked)?;
            Ok(())
        }

        /// Takes alpha from a hotkey and sells it.
        #[pallet::call_index(3)]
        #[pallet::weight(REMOVE_STAKE)]
        pub fn remove_stake(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            amount_unstaked: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_remove_stake(&coldkey, &hotkey, netuid, amount_unstaked)
        }

        /// Buys alpha of a subnet up to a price, in rao per alpha, and stakes it on a hotkey.
        #[pallet::call_index(88)]
        #[pallet::weight(costing(1_630_000))]
        pub fn add_stake_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            amount_staked: u64,
            limit_price: u64,
            allow_partial: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_add_stake_limit(&coldkey, &hotkey, netuid, amount_staked, limit_price, allow_partial)?;
            Ok(())
        }

        /// Takes alpha from a hotkey and sells it down to a price, in rao per alpha.
        #[pallet::call_index(89)]
        #[pallet::weight(costing(1_360_000))]
        pub fn remove_stake_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            amount_unstaked: u64,
            limit_price: u64,
            allow_partial: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_remove_stake_limit(
                &coldkey,
                &hotkey,
                netuid,
                amount_unstaked,
                limit_price,
                allow_partial,
            )
        }

        /// Takes all alpha from a hotkey on a subnet and sells it, if a price is kept.
        #[pallet::call_index(103)]
        #[pallet::weight(costing(1_360_000))]
        pub fn remove_stake_full_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            limit_price: Option<u64>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_remove_stake_full_limit(&coldkey, &hotkey, netuid, limit_price)
        }

        /// Takes all stake from a hotkey, on all subnets.
        #[pallet::call_index(83)]
        #[pallet::weight(costing(90_000))]
        pub fn unstake_all(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_unstake_all(&coldkey, &hotkey)
        }

        /// Takes all alpha from a hotkey, on all subnets, and stakes the TAO on root.
        #[pallet::call_index(84)]
        #[pallet::weight(costing(2_140_000))]
        pub fn unstake_all_alpha(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_unstake_all_alpha(&coldkey, &hotkey)
        }

        /// Moves stake to another hotkey.
        #[pallet::call_index(85)]
        #[pallet::weight(MOVE_STAKE)]
        pub fn move_stake(
            origin: OriginFor<T>,
            origin_hotkey: AccountId,
            destination_hotkey: AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_move_stake(
                coldkey,
                (origin_hotkey, origin_netuid),
                (destination_hotkey, destination_netuid),
                alpha_amount,
            )
        }

        /// Gives stake to another coldkey.
        #[pallet::call_index(86)]
        #[pallet::weight(costing(670_000))]
        pub fn transfer_stake(
            origin: OriginFor<T>,
            destination_coldkey: AccountId,
            hotkey: AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_transfer_stake(
                (coldkey, origin_netuid),
                (destination_coldkey, destination_netuid),
                hotkey,
                alpha_amount,
            )
        }

        /// Moves stake to another subnet.
        #[pallet::call_index(87)]
        #[pallet::weight(costing(2_160_000))]
        pub fn swap_stake(
            origin: OriginFor<T>,
            hotkey: AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_swap_stake(coldkey, hotkey, origin_netuid, destination_netuid, alpha_amount, None)
        }

        /// Moves stake to another subnet, as long as a unit of it yields a given amount there, in billionths.
        #[pallet::call_index(90)]
        #[pallet::weight(costing(2_260_000))]
        pub fn swap_stake_limit(
            origin: OriginFor<T>,
            hotkey: AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: u64,
            limit_price: u64,
            allow_partial: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            let limit = Some((limit_price, allow_partial));
            Self::do_swap_stake(coldkey, hotkey, origin_netuid, destination_netuid, alpha_amount, limit)
        }

        /// Gives a hotkey a seat on root.
        #[pallet::call_index(62)]
        #[pallet::weight(costing(1_090_000))]
        pub fn root_register(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_root_register(&coldkey, &hotkey)
        }

        /// Lets new subnets' owners become children of a root validator's hotkey, or not.
        #[pallet::call_index(135)]
        #[pallet::weight(costing(100_000))]
        pub fn set_auto_parent_delegation_enabled(
            origin: OriginFor<T>,
            hotkey: AccountId,
            enabled: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_auto_parent_delegation(&coldkey, hotkey, enabled)
        }

        /// Sets the hotkeys that a hotkey's stake counts for on a subnet, and which part of it for each.
        #[pallet::call_index(67)]
        #[pallet::weight(costing(300_000))]
        pub fn set_children(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            children: Vec<(u64, AccountId)>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_children(&coldkey, &hotkey, netuid, children)
        }

        /// Sets what a hotkey keeps of its parents' dividends on a subnet, in parts of 65535.
        #[pallet::call_index(75)]
        #[pallet::weight(costing(210_000))]
        pub fn set_childkey_take(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            take: u16,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_childkey_take(&coldkey, &hotkey, netuid, take)
        }

        /// Sets how many blocks pass between two increases of a child's take.
        #[pallet::call_index(69)]
        #[pallet::weight(costing(70_000))]
        pub fn sudo_set_tx_childkey_take_rate_limit(
            origin: OriginFor<T>,
            tx_rate_limit: u64,
        ) -> DispatchResult {
            ensure_root(origin)?;
            TxChildkeyTakeRateLimit::<T>::put(tx_rate_limit);
            Self::deposit_event(Event::TxChildKeyTakeRateLimitSet(tx_rate_limit));
            Ok(())
        }

        /// Sets the least that a child's take may be.
        #[pallet::call_index(76)]
        #[pallet::weight(costing(70_000))]
        pub fn sudo_set_min_childkey_take(origin: OriginFor<T>, take: u16) -> DispatchResult {
            ensure_root(origin)?;
            MinChildkeyTake::<T>::put(take);
            Self::deposit_event(Event::MinChildKeyTakeSet(take));
            Ok(())
        }

        /// Sets the most that a child's take may be.
        #[pallet::call_index(77)]
        #[pallet::weight(costing(70_000))]
        pub fn sudo_set_max_childkey_take(origin: OriginFor<T>, take: u16) -> DispatchResult {
            ensure_root(origin)?;
            MaxChildkeyTake::<T>::put(take);
            Self::deposit_event(Event::MaxChildKeyTakeSet(take));
            Ok(())
        }

        /// Sets how many blocks new children wait.
        #[pallet::call_index(109)]
        #[pallet::weight(costing(70_000))]
        pub fn set_pending_childkey_cooldown(origin: OriginFor<T>, cooldown: u64) -> DispatchResult {
            ensure_root(origin)?;
            PendingChildKeyCooldown::<T>::put(cooldown);
            Ok(())
        }

        /// Lowers what a hotkey keeps of its stakers' dividends, in parts of 65535.
        #[pallet::call_index(65)]
        #[pallet::weight((costing(200_000), DispatchClass::Normal, Pays::No))]
        pub fn decrease_take(origin: OriginFor<T>, hotkey: AccountId, take: u16) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_decrease_take(&coldkey, &hotkey, take)
        }

        /// Raises what a hotkey keeps of its stakers' dividends, in parts of 65535.
        #[pallet::call_index(66)]
        #[pallet::weight((costing(200_000), DispatchClass::Normal, Pays::No))]
        pub fn increase_take(origin: OriginFor<T>, hotkey: AccountId, take: u16) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_increase_take(&coldkey, &hotkey, take)
        }

        /// Gives up alpha, which is emitted anew.
        #[pallet::call_index(101)]
        #[pallet::weight(costing(550_000))]
        pub fn recycle_alpha(
            origin: OriginFor<T>,
            hotkey: AccountId,
            amount: u64,
            netuid: NetUid,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_recycle_alpha(coldkey, hotkey, amount, netuid)
        }

        /// Gives up alpha, which stays outstanding but belongs to nobody.
        #[pallet::call_index(102)]
        #[pallet::weight(costing(430_000))]
        pub fn burn_alpha(
            origin: OriginFor<T>,
            hotkey: AccountId,
            amount: u64,
            netuid: NetUid,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_burn_alpha(coldkey, hotkey, amount, netuid)
        }

        /// Buys alpha and burns it.
        #[pallet::call_index(132)]
        #[pallet::weight(costing(2_000_000))]
        pub fn add_stake_burn(
            origin: OriginFor<T>,
            hotkey: AccountId,
            netuid: NetUid,
            amount: u64,
            limit: Option<u64>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_add_stake_burn(coldkey, hotkey, netuid, amount, limit)
        }

        /// Puts another hotkey of the signer's in a hotkey's place, on one subnet or on all.
        #[pallet::call_index(70)]
        #[pallet::weight(costing(7_850_000))]
        pub fn swap_hotkey(
            origin: OriginFor<T>,
            hotkey: AccountId,
            new_hotkey: AccountId,
            netuid: Option<NetUid>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_swap_hotkey(&coldkey, &hotkey, &new_hotkey, netuid, false)
        }

        /// Puts another hotkey of the signer's in a hotkey's place; its stake may stay.
        #[pallet::call_index(72)]
        #[pallet::weight(costing(7_850_000))]
        pub fn swap_hotkey_v2(
            origin: OriginFor<T>,
            hotkey: AccountId,
            new_hotkey: AccountId,
            netuid: Option<NetUid>,
            keep_stake: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_swap_hotkey(&coldkey, &hotkey, &new_hotkey, netuid, keep_stake)
        }

        /// Announces that the signer is to be exchanged for the coldkey with the given hash.
        #[pallet::call_index(125)]
        #[pallet::weight(costing(150_000))]
        pub fn announce_coldkey_swap(origin: OriginFor<T>, new_coldkey_hash: H256) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_announce_coldkey_swap(who, new_coldkey_hash)
        }

        /// Hands all that the signer owns over to the announced coldkey.
        #[pallet::call_index(126)]
        #[pallet::weight(costing(3_000_000))]
        pub fn swap_coldkey_announced(origin: OriginFor<T>, new_coldkey: AccountId) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_swap_coldkey_announced(&who, &new_coldkey)
        }

        /// Contests the announced exchange of the signer.
        #[pallet::call_index(127)]
        #[pallet::weight(costing(100_000))]
        pub fn dispute_coldkey_swap(origin: OriginFor<T>) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_dispute_coldkey_swap(coldkey)
        }

        /// Forgets the announced exchange of a coldkey, contested or not.
        #[pallet::call_index(128)]
        #[pallet::weight(costing(100_000))]
        pub fn reset_coldkey_swap(origin: OriginFor<T>, coldkey: AccountId) -> DispatchResult {
            ensure_root(origin)?;
            Self::do_reset_coldkey_swap(coldkey);
            Ok(())
        }

        /// Takes the announced exchange of the signer back.
        #[pallet::call_index(133)]
        #[pallet::weight(costing(100_000))]
        pub fn clear_coldkey_swap_announcement(origin: OriginFor<T>) -> DispatchResult {
            let who = ensure_signed(origin)?;
            Self::do_clear_coldkey_swap(who)
        }

        /// Hands all that a coldkey owns over to another.
        #[pallet::call_index(71)]
        #[pallet::weight(costing(3_000_000))]
        pub fn swap_coldkey(
            origin: OriginFor<T>,
            old_coldkey: AccountId,
            new_coldkey: AccountId,
            swap_cost: u64,
        ) -> DispatchResult {
            ensure_root(origin)?;
            Self::do_swap_coldkey(&old_coldkey, &new_coldkey, swap_cost)
        }

        /// Refused: exchanges are announced now.
        #[pallet::call_index(73)]
        #[pallet::weight(costing(100_000))]
        pub fn schedule_swap_coldkey(_origin: OriginFor<T>, _new_coldkey: AccountId) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }

        /// Names and describes the signer.
        #[pallet::call_index(68)]
        #[pallet::weight(costing(100_000))]
        pub fn set_identity(
            origin: OriginFor<T>,
            name: Vec<u8>,
            url: Vec<u8>,
            github_repo: Vec<u8>,
            image: Vec<u8>,
            discord: Vec<u8>,
            description: Vec<u8>,
            additional: Vec<u8>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            let identity =
                ChainIdentityV2 { name, url, github_repo, image, discord, description, additional };
            Self::do_set_identity(coldkey, identity)
        }

        /// Gives a subnet's token another symbol.
        #[pallet::call_index(112)]
        #[pallet::weight(costing(100_000))]
        pub fn update_symbol(origin: OriginFor<T>, netuid: NetUid, symbol: Vec<u8>) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            Self::do_update_symbol(netuid, symbol)
        }

        /// Stakes the incentive of the signer's hotkeys on one hotkey of the subnet.
        #[pallet::call_index(114)]
        #[pallet::weight(costing(200_000))]
        pub fn set_coldkey_auto_stake_hotkey(
            origin: OriginFor<T>,
            netuid: NetUid,
            hotkey: AccountId,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_auto_stake_hotkey(coldkey, netuid, hotkey)
        }

        /// Claims what the signer's root stake is due on the given subnets.
        #[pallet::call_index(121)]
        #[pallet::weight(costing(470_000))]
        pub fn claim_root(origin: OriginFor<T>, subnets: BTreeSet<NetUid>) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_claim_root(&coldkey, &subnets)
        }

        /// Decides what becomes of the alpha that the signer's root stake is due.
        #[pallet::call_index(122)]
        #[pallet::weight(costing(70_000))]
        pub fn set_root_claim_type(
            origin: OriginFor<T>,
            new_root_claim_type: RootClaimTypeEnum,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_root_claim_type(&coldkey, new_root_claim_type)
        }

        /// Sets how many root stakers claim by themselves per block.
        #[pallet::call_index(123)]
        #[pallet::weight(costing(70_000))]
        pub fn sudo_set_num_root_claims(origin: OriginFor<T>, new_value: u64) -> DispatchResult {
            ensure_root(origin)?;
            ensure!(new_value <= claims::MAX_CLAIMS_PER_BLOCK, Error::<T>::InvalidNumRootClaim);
            NumRootClaim::<T>::put(new_value);
            Ok(())
        }

        /// Sets the least alpha of a subnet, in rao, that is worth claiming.
        #[pallet::call_index(124)]
        #[pallet::weight(costing(70_000))]
        pub fn sudo_set_root_claim_threshold(
            origin: OriginFor<T>,
            netuid: NetUid,
            new_value: u64,
        ) -> DispatchResult {
            Self::ensure_owner_or_root(origin, netuid)?;
            ensure!(new_value <= claims::MAX_THRESHOLD, Error::<T>::InvalidRootClaimThreshold);
            RootClaimableThreshold::<T>::insert(netuid, I96F32::from_num(new_value));
            Ok(())
        }

        /// Publishes where the signing hotkey's axon listens.
        #[pallet::call_index(4)]
        #[pallet::weight((SERVE, DispatchClass::Normal, Pays::No))]
        pub fn serve_axon(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
            protocol: u8,
            placeholder1: u8,
            placeholder2: u8,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            let axon = AxonInfo {
                block: Self::now(),
                version,
                ip,
                port,
                ip_type,
                protocol,
                placeholder1,
                placeholder2,
            };
            Self::do_serve_axon(&hotkey, netuid, axon, None)
        }

        /// Publishes where the signing hotkey's axon listens, and the key of its TLS certificate.
        #[pallet::call_index(40)]
        #[pallet::weight((SERVE, DispatchClass::Normal, Pays::No))]
        pub fn serve_axon_tls(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
            protocol: u8,
            placeholder1: u8,
            placeholder2: u8,
            certificate: Vec<u8>,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            let axon = AxonInfo {
                block: Self::now(),
                version,
                ip,
                port,
                ip_type,
                protocol,
                placeholder1,
                placeholder2,
            };
            Self::do_serve_axon(&hotkey, netuid, axon, Some(&certificate))
        }

        /// Publishes where the signing hotkey's metrics are.
        #[pallet::call_index(5)]
        #[pallet::weight((SERVE, DispatchClass::Normal, Pays::No))]
        pub fn serve_prometheus(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
        ) -> DispatchResult {
            let hotkey = ensure_signed(origin)?;
            Self::do_serve_prometheus(
                &hotkey,
                netuid,
                PrometheusInfo { block: Self::now(), version, ip, port, ip_type },
            )
        }

        /// Registers a hotkey for the current price; the proof of work is ignored.
        #[pallet::call_index(6)]
        #[pallet::weight(REGISTER)]
        pub fn register(
            origin: OriginFor<T>,
            netuid: NetUid,
            _block_number: u64,
            _nonce: u64,
            _work: Vec<u8>,
            hotkey: AccountId,
            _coldkey: AccountId,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_register(&coldkey, &hotkey, netuid)
        }

        /// Registers a hotkey for the current price.
        #[pallet::call_index(7)]
        #[pallet::weight(REGISTER)]
        pub fn burned_register(origin: OriginFor<T>, netuid: NetUid, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_register(&coldkey, &hotkey, netuid)
        }

        /// Registers a hotkey, unless that costs more than `limit_price` rao.
        #[pallet::call_index(134)]
        #[pallet::weight(REGISTER)]
        pub fn register_limit(
            origin: OriginFor<T>,
            netuid: NetUid,
            hotkey: AccountId,
            limit_price: u64,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_register_limit(&coldkey, &hotkey, netuid, limit_price)
        }

        /// Creates a subnet owned by the signer.
        #[pallet::call_index(59)]
        #[pallet::weight(REGISTER_NETWORK)]
        pub fn register_network(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_register_network(&coldkey, &hotkey, None)
        }

        /// Dissolves a subnet.
        #[pallet::call_index(61)]
        #[pallet::weight(costing(7_000_000))]
        pub fn dissolve_network(origin: OriginFor<T>, _coldkey: AccountId, netuid: NetUid) -> DispatchResult {
            ensure_root(origin)?;
            Self::do_dissolve_network(netuid)
        }

        /// Dissolves a subnet.
        #[pallet::call_index(120)]
        #[pallet::weight(costing(7_000_000))]
        pub fn root_dissolve_network(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            ensure_root(origin)?;
            Self::do_dissolve_network(netuid)
        }

        /// Creates a subnet owned by the signer, with an identity.
        #[pallet::call_index(79)]
        #[pallet::weight(REGISTER_NETWORK)]
        pub fn register_network_with_identity(
            origin: OriginFor<T>,
            hotkey: AccountId,
            identity: Option<SubnetIdentityV3>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_register_network(&coldkey, &hotkey, identity)
        }

        /// Names and describes a subnet.
        #[pallet::call_index(78)]
        #[pallet::weight(costing(70_000))]
        pub fn set_subnet_identity(
            origin: OriginFor<T>,
            netuid: NetUid,
            subnet_name: Vec<u8>,
            github_repo: Vec<u8>,
            subnet_contact: Vec<u8>,
            subnet_url: Vec<u8>,
            discord: Vec<u8>,
            description: Vec<u8>,
            logo_url: Vec<u8>,
            additional: Vec<u8>,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_set_subnet_identity(
                &coldkey,
                netuid,
                SubnetIdentityV3 {
                    subnet_name,
                    github_repo,
                    subnet_contact,
                    subnet_url,
                    discord,
                    description,
                    logo_url,
                    additional,
                },
            )
        }

        /// Makes the signer the owner of a hotkey that has none.
        #[pallet::call_index(91)]
        #[pallet::weight(costing(200_000))]
        pub fn try_associate_hotkey(origin: OriginFor<T>, hotkey: AccountId) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::own_hotkey_if_free(&coldkey, &hotkey)
        }

        /// Starts a subnet's emission and opens it for stake.
        #[pallet::call_index(92)]
        #[pallet::weight(START)]
        pub fn start_call(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_start_call(&coldkey, netuid)
        }

        /// Changes the blocks between two epochs, by the subnet's owner; their count starts anew.
        #[pallet::call_index(139)]
        #[pallet::weight(costing(250_000))]
        pub fn set_tempo(origin: OriginFor<T>, netuid: NetUid, tempo: u16) -> DispatchResult {
            let owner = Self::ensure_subnet_owner(origin, netuid)?;
            Self::do_set_tempo(&owner, netuid, tempo)
        }

        /// Changes after how many thousandths of a tempo a neuron without an update is inactive.
        #[pallet::call_index(140)]
        #[pallet::weight(costing(250_000))]
        pub fn set_activity_cutoff_factor(
            origin: OriginFor<T>,
            netuid: NetUid,
            factor_milli: u32,
        ) -> DispatchResult {
            let owner = match origin.clone().into() {
                Ok(frame_system::RawOrigin::Root) => None,
                _ => Some(Self::ensure_subnet_owner(origin, netuid)?),
            };
            Self::do_set_activity_cutoff_factor(owner.is_some(), netuid, factor_milli)
        }

        /// Runs a subnet's epoch out of turn, after the freeze window.
        #[pallet::call_index(141)]
        #[pallet::weight(costing(220_000))]
        pub fn trigger_epoch(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            let owner = Self::ensure_subnet_owner(origin, netuid)?;
            Self::do_trigger_epoch(owner, netuid)
        }
    }
}
